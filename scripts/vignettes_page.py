"""Writes docs/vignettes.md: every vignette of every pathway, what it expects, and what was amended.

Run it without arguments to write the page, with ``--check`` to learn whether the page is current.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from cds_service.casework.codebook import CodeBook, UnknownConcept
from cds_service.casework.format import Change, Expect, ExpectedCard, ExpectedTrial
from cds_service.casework.items import Concept, Item
from cds_service.casework.read import VIGNETTES, WrittenCase, read_cases
from cds_service.ruleset.load import load_ruleset
from cds_service.ruleset.ruleset import Ruleset

ROOT = Path(__file__).resolve().parents[1]
PAGE = Path("docs/vignettes.md")

INTRODUCTION = """# Vignettes

A vignette is a whole invented patient with the answer that the clinical text of a pathway wants. Each one is run as a test.
Where two sources clash, or a record cannot show what a text asks for, the answer was *amended*: the first section lists all
amendments, with what changed. This page is written from `rules/*/vignettes.yaml` (`python -m scripts.vignettes_page`);
[cases](cases.md) explains the words.
"""

Vignettes = dict[str, tuple[WrittenCase, ...]]


def vignettes_of(rules_dir: Path) -> Vignettes:
    """Return the vignettes by pathway. Raises ``RuleFileInvalid`` when a file cannot be read."""
    files = sorted(rules_dir.glob(f"*/{VIGNETTES}"))
    return {path.parent.name: read_cases(path, root=rules_dir) for path in files}


def page(rules: Ruleset, vignettes: Vignettes) -> str:
    """Return the page as Markdown."""
    lines = [INTRODUCTION, *_amendments(rules, vignettes)]
    for pathway, cases in vignettes.items():
        lines += [f"## {rules.pathways[pathway].title}", ""]
        lines += [_days(cases), ""]
        writer = _Writer(rules, pathway)
        for case in cases:
            lines += [*writer.vignette(case), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _amendments(rules: Ruleset, vignettes: Vignettes) -> Iterator[str]:
    yield "## What was amended"
    yield ""
    for pathway, cases in vignettes.items():
        amended = [case for case in cases if case.spec.amended]
        yield f"### {rules.pathways[pathway].title}: {len(amended)} of {len(cases)}"
        yield ""
        yield from (f"- **{case.spec.name}.** {_sentence(case.spec.amended or '')}" for case in amended)
        yield ""


def _days(cases: Sequence[WrittenCase]) -> str:
    days = " and ".join(sorted({case.as_of for case in cases}))
    profiles = sorted({name for case in cases for name in case.profiles})
    under = (
        f" Profiles named by a vignette: {', '.join(f'`{name}`' for name in profiles)}." if profiles else ""
    )
    return f"Judged as of {days}.{under}"


class _Writer:
    """Writes the vignettes of one pathway."""

    def __init__(self, rules: Ruleset, pathway: str) -> None:
        self._rules = rules
        self._pathway = pathway
        self._codes = CodeBook(rules.terminology)

    def vignette(self, case: WrittenCase) -> Iterator[str]:
        spec = case.spec
        yield f"### {spec.name}"
        yield ""
        yield _sentence(case.described.story)
        yield ""
        if spec.change:
            yield f"- Changed: {'; '.join(map(self._change, spec.change))}"
        yield f"- Moment: {case.hook}"
        yield from (f"- Drafted: {self._item(draft)}" for draft in spec.drafts)
        if spec.unavailable:
            yield f"- Could not be read: {', '.join(spec.unavailable)}"
        yield from self._expected(spec.expect)
        if spec.amended:
            yield f"- **Amended:** {_sentence(spec.amended)}"

    def _expected(self, expect: Expect) -> Iterator[str]:
        yield from (f"- Card: {self._card(wanted)}" for wanted in expect.cards)
        if expect.absent == "all":
            yield "- No card at all"
        elif expect.absent:
            yield f"- No card: {', '.join(expect.absent)}"
        if expect.trials:
            yield f"- Trials: {'; '.join(f'{name} {_trial(trial)}' for name, trial in expect.trials.items())}"
        if expect.step is not None:
            steps = {self._pathway: expect.step} if isinstance(expect.step, str) else expect.step
            yield f"- Stands on: {'; '.join(self._step(path, step) for path, step in steps.items())}"
        if expect.missing:
            yield f"- Missing: {'; '.join(expect.missing)}"
        if expect.incomplete:
            yield f"- Said to be incomplete: {', '.join(expect.incomplete)}"

    def _card(self, wanted: ExpectedCard) -> str:
        card = wanted.card or ""
        said = [f"**{card}** {self._rules.by_id[card].file.title}"]
        said += [wanted.level] if wanted.level else []
        said += [f"about {wanted.about}"] if wanted.about else []
        said += [f"says “{text}”" for text in (wanted.summary, *wanted.contains) if text]
        said += [f"names {', '.join(wanted.reasons)}"] if wanted.reasons else []
        said += [f"detail says “{text}”" for text in wanted.detail]
        said += [f"missing: {text}" for text in wanted.missing]
        said += [f"offers {', '.join(wanted.suggests)}"] if wanted.suggests else []
        said += [f"does not offer {', '.join(wanted.suggests_not)}"] if wanted.suggests_not else []
        said += [f"certainty {wanted.certainty}"] if wanted.certainty else []
        said += ["once"] if wanted.count == 1 else [f"{wanted.count} times"] if wanted.count else []
        return "; ".join(said)

    def _step(self, pathway: str, step: str) -> str:
        return {s.step: s.name for s in self._rules.pathways[pathway].ladder}.get(step, step)

    # ------------------------------------------------------------ words of the case language

    def _change(self, change: Change) -> str:
        if change.add is not None:
            return f"added {self._item(change.add)}"
        if change.replace is not None:
            return f"instead {self._item(change.replace)}"
        if change.remove is not None:
            return f"without {change.remove}"
        if change.patient is not None:
            return f"patient {_words(change.patient.model_dump(exclude_unset=True, mode='json'))}"
        return f"{change.edit} with {_words(change.words)}"

    def _item(self, item: Item) -> str:
        """Return an item in its author's words: kind, what it is of, then the other words in brackets."""
        written = item.model_dump(exclude_unset=True, by_alias=True, mode="json")
        others = {word: value for word, value in written.items() if word not in {item.kind, "id"}}
        named = f"{item.kind.replace('_', ' ')} {self._concept(item.what)}".strip()
        return f"{named} ({_words(others)})" if others else named

    def _concept(self, concept: Concept) -> str:
        parts = [self._code(name) for name in concept.codes]
        return " + ".join([*parts, *([f"“{concept.text}”"] if concept.text else [])])

    def _code(self, name: str) -> str:
        """Return a written code with our label of it; a name of a value set or ingredient as it is."""
        if " " not in name:
            return name
        try:
            label = self._codes.code(name).label
        except UnknownConcept:
            label = ""
        return f"{label} ({name})" if label else name


def _trial(trial: ExpectedTrial) -> str:
    return ", ".join(part for part in (trial.verdict, trial.reason, trial.certainty) if part)


def _words(words: object) -> str:
    match words:
        case {"codes": codes, **rest}:
            text = rest.get("text")
            return " + ".join([*map(str, codes), *([f"“{text}”"] if text else [])])
        case dict():
            return ", ".join(f"{word} {_words(value)}" for word, value in words.items())
        case list() | tuple():
            return ", ".join(map(_words, words))
        case None:
            return "not recorded"
        case bool():
            return "yes" if words else "no"
        case _:
            return str(words)


def _sentence(text: str) -> str:
    """Return a text as a sentence of its own: first letter large, and a full stop."""
    whole = f"{text[0].upper()}{text[1:]}"
    return whole if whole.endswith((".", "”", '"')) else f"{whole}."


def main(arguments: Sequence[str]) -> int:
    """Write the page, or with ``--check`` say whether it is current; 1 when it is not."""
    folder = ROOT / "rules"
    text = page(load_ruleset(folder), vignettes_of(folder))
    if "--check" not in arguments:
        (ROOT / PAGE).write_text(text, encoding="utf-8")
        return 0
    if (ROOT / PAGE).exists() and (ROOT / PAGE).read_text(encoding="utf-8") == text:
        return 0
    print(f"{PAGE} is stale: python -m scripts.vignettes_page", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
