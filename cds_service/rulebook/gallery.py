"""The card gallery: every card of every pathway as a clinician gets it, each made by one of its rule's cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cds_service.casework.format import ExpectedCard
from cds_service.casework.read import CASES, case_files, read_cases
from cds_service.casework.run import CaseResult, run_case
from cds_service.rulebook.heads import SHARED_TITLE
from cds_service.rulebook.pages import filled
from cds_service.ruleset.library import SHARED
from cds_service.ruleset.ruleset import Rule, Ruleset


def gallery_anchor(card: str) -> str:
    """Return the anchor of a rule's first card on its page of the gallery."""
    return card.lower()


def gallery_pages(rules: Ruleset, rules_dir: Path) -> dict[str, str]:
    """Return a page for each pathway (and the shared rules) by file name."""
    cases = {
        path.name.removesuffix(CASES): path for path in case_files(rules_dir) if path.name.endswith(CASES)
    }
    pages, rows = {}, []
    for home in [*rules.pathways, SHARED]:
        own = [rule for rule in rules.rules if rule.home == home]
        entries = [
            entry for rule in own for entry in _entries(rules, rule, cases[Path(rule.path).stem], rules_dir)
        ]
        title = rules.pathways[home].title if home in rules.pathways else SHARED_TITLE
        pages[f"{home}.md"] = filled("gallery.md.j2", title=title, entries=entries)
        rows.append({"home": home, "title": title, "cards": [rule.id for rule in own]})
    return {"index.md": filled("gallery_index.md.j2", rows=rows), **pages}


def _entries(rules: Ruleset, rule: Rule, path: Path, root: Path) -> Iterator[dict[str, Any]]:
    """Yield the first card of each level that the rule's cases make.

    Cards that were lowered by a cap, or merged into those of other rules, stand in only where there is no better one.
    """
    cases = [case for case in read_cases(path, root=root) if case.spec.expect.card not in {None, "none"}]
    levels: set[str] = set()
    for own in (True, False):
        for case in cases:
            wanted = case.spec.expect.card
            if (levels and not own) or (isinstance(wanted, ExpectedCard) and wanted.level in levels):
                continue
            for shown in _shown(run_case(rules, case), rule.id, own=own):
                if shown["indicator"] not in levels:
                    entry = _entry(rule, shown, first=not levels)
                    levels.add(shown["indicator"])
                    yield {"hook": case.hook, "case": case.spec.name, **entry}


def _shown(result: CaseResult, card: str, *, own: bool) -> Iterator[Mapping[str, Any]]:
    if result.outcome is None:
        return
    for finding, shown in result.outcome.shown:
        as_written = finding.card == card and not finding.caps
        at_all = card in {finding.card, *(merged.card for merged in finding.also)}
        if as_written if own else at_all:
            yield shown


def _entry(rule: Rule, shown: Mapping[str, Any], *, first: bool) -> dict[str, Any]:
    level = shown["indicator"]
    anchor = gallery_anchor(rule.id)
    return {
        "anchor": anchor if first else f"{anchor}-{level}",
        "card": rule.id,
        "title": rule.file.title if first else f"{rule.file.title}, {level}",
        "level": level,
        "kind": rule.file.show.kind,
        "summary": shown["summary"],
        "detail": shown.get("detail", ""),
        "suggestions": [s["label"] for s in shown.get("suggestions", ())],
        "overrides": [reason["display"] for reason in shown.get("overrideReasons", ())],
        "source": shown["source"]["label"],
    }
