"""What an item of logic asks, as a short sentence for people who do not read the rule language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cds_service.authoring.compare import in_line
from cds_service.ruleset.facts import Ask, Block, TrialFact
from cds_service.ruleset.hashing import plain
from cds_service.ruleset.pathway import PathwayFile
from cds_service.ruleset.ruleset import Ruleset

_VERDICTS: Mapping[str, str] = {
    "any-use": "used at all",
    "adequate": "adequately tried",
    "failed-absent": "without effect",
    "failed-waned": "wore off",
    "effective": "worked",
    "untried": "not tried",
}
"""Verdicts whose word says too little by itself; of the others the hyphens go."""

_ON_RECORD = frozenset(
    {"allergy", "care", "condition", "device", "medication", "observation", "procedure", "report"}
)
"""Fact words that, without filters, ask whether something of a value set is on record."""

_COUNTED: Mapping[str, tuple[str, str]] = {
    "class": ("class", "classes"),
    "ingredient": ("drug", "drugs"),
    "modality": ("kind", "kinds"),
    "route": ("route", "routes"),
    "trial": ("trial", "trials"),
}

_FEW = 6
"""Therapies that are named one by one."""

_BLOCKS: Mapping[str, str] = {
    "all": "All of",
    "any": "One of",
    "none": "None of",
    "unless": "Not known",
    "possibly": "Possibly",
}


def sentence_of(rules: Ruleset, item: str | Ask | Block, pathway: str) -> str:
    """Return what an item asks. A fact has its own sentence; what has no words of its own stays as it is written."""
    if isinstance(item, str):
        fact = rules.fact(item, pathway)
        return fact.says if fact is not None else item
    if isinstance(item, Block):
        return "; ".join(_block(rules, item, pathway))
    if isinstance(item.fact, TrialFact):
        return _trial(rules, item.fact, pathway)
    filters = plain(item.fact)
    if item.word in _ON_RECORD and filters.keys() == {"in_"}:
        return _ending(f"On record: {_meaning(rules, item.fact.in_)}")
    return f"{item.word}: {in_line(_as_written(filters))}"


def _block(rules: Ruleset, block: Block, pathway: str) -> Iterator[str]:
    for word, head in _BLOCKS.items():
        items = getattr(block, word)
        if items:
            yield f"{head}: " + "; ".join(sentence_of(rules, i, pathway).rstrip(".") for i in items) + "."
    if block.some is not None:
        inside = "; ".join(sentence_of(rules, i, pathway).rstrip(".") for i in block.some.of)
        yield f"At least {block.some.at_least} of: {inside}."


def _trial(rules: Ruleset, fact: TrialFact, pathway: str) -> str:
    subject = " or ".join(_subject(rules, name, pathway) for name in fact.of)
    if fact.at_least is not None and (fact.distinct is not None or str(fact.at_least) != "1"):
        one, many = _COUNTED[fact.distinct or "trial"]
        subject += f", {fact.at_least} {one if str(fact.at_least) == '1' else many} or more"
    if fact.every:
        subject = f"Every one of {subject}"
    verdicts = list(dict.fromkeys(_verdicts(rules, fact.verdict, pathway)))
    return _ending(_capital(f"{subject}: {_either(verdicts) or 'on record'}"))


def _subject(rules: Ruleset, name: str, pathway: str) -> str:
    """A small group is named by its therapies, a large one by its own name."""
    members = [label_of(rules, member, pathway) for member in rules.therapies([name], pathway)]
    return _either(members) if len(members) <= _FEW else label_of(rules, name, pathway)


def label_of(rules: Ruleset, name: str, pathway: str) -> str:
    """Return the words for a therapy, or for a group of them."""
    try:
        return rules.therapy(name, pathway).label or name.replace("-", " ")
    except KeyError:
        return name.replace("-", " ")


def _verdicts(rules: Ruleset, names: Sequence[str], pathway: str) -> Iterator[str]:
    for name in names:
        for scope in rules.scopes(pathway):
            part = rules.part(scope)
            if isinstance(part, PathwayFile) and name in part.verdict_groups:
                yield from _verdicts(rules, part.verdict_groups[name], pathway)
                break
        else:
            yield _VERDICTS.get(name, name.replace("-", " "))


def _meaning(rules: Ruleset, names: Sequence[str]) -> str:
    sets = rules.terminology.value_sets.by_name
    return " or ".join(_small(sets[name].meaning.rstrip(".")) if name in sets else name for name in names)


def _as_written(filters: Mapping[str, object]) -> dict[str, object]:
    return {name.rstrip("_"): value for name, value in filters.items()}


def _either(words: Sequence[str]) -> str:
    return " or ".join(words) if len(words) < 3 else f"{', '.join(words[:-1])} or {words[-1]}"


def _small(text: str) -> str:
    """Begin with a small letter, unless the first word is an abbreviation."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _ending(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
