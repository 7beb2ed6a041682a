"""Rules among rules: silencing, giving way, standing alone, and one card for one fact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from cds_service.evaluate.findings import Finding
from cds_service.evaluate.levels import rank
from cds_service.ruleset.ruleset import Rule, Ruleset

LADDER_KINDS = frozenset(
    {"next-step", "missing-prerequisite", "reassess", "limited-evidence", "supportive-care", "skipped-step"}
)


_DANGERS = frozenset({"contraindication", "interaction"})
"""Kinds that say the same of an order: that another drug or a diagnosis stands against it."""


def related(findings: Sequence[Finding], rules: Ruleset) -> list[Finding]:
    """Drop what another finding silences, replaces or asks to give way."""
    by_id = rules.by_id
    kept = [f for f in findings if not _silenced(f, findings, by_id)]
    kept = [f for f in kept if not _gives_way(f, kept, by_id)]
    return [f for f in kept if not (by_id[f.card].file.only_alone and _has_company(f, kept))]


def _same_draft(one: Finding, other: Finding) -> bool:
    return one.draft is None or other.draft is None or one.draft.reference == other.draft.reference


def _silenced(finding: Finding, findings: Sequence[Finding], by_id: Mapping[str, Rule]) -> bool:
    mine = by_id[finding.card]
    if mine.file.never_silenced:
        return False
    for other in findings:
        theirs = by_id[other.card]
        if other is finding or not theirs.file.silences:
            continue
        shared = set(mine.pathways) & set(theirs.pathways)
        if shared and finding.kind in theirs.file.silences and _same_draft(finding, other):
            return True
    return False


def _gives_way(finding: Finding, findings: Sequence[Finding], by_id: Mapping[str, Rule]) -> bool:
    mine = by_id[finding.card].file
    for other in findings:
        if other is finding or not _same_draft(finding, other):
            continue
        if other.card in mine.gives_way_to or finding.card in by_id[other.card].file.replaces:
            return True
    return False


def _has_company(finding: Finding, findings: Sequence[Finding]) -> bool:
    return any(
        f is not finding and f.pathway == finding.pathway and _same_draft(f, finding) for f in findings
    )


def merged(
    findings: Sequence[Finding], rules: Ruleset, *, belongs: Callable[[str], bool] = lambda _pathway: False
) -> list[Finding]:
    """One card for one fact on one draft: the highest level leads, the others are named in it.

    The same fact: the same kind, the same draft and the same proof beyond draft and diagnosis; or cards that are named
    as twins. A pathway may ask for one card of all its critical findings on a draft. ``belongs(pathway)`` says whose
    population the patient is in: among equals its card leads, then the order of the card index decides.
    """
    order = {rule.id: position for position, rule in enumerate(rules.rules)}
    groups: list[list[Finding]] = []
    for finding in findings:
        home = next((g for g in groups if any(_one_fact(finding, f, rules) for f in g)), None)
        if home is None:
            groups.append([finding])
        else:
            home.append(finding)
    return [_lead(group, order, belongs) for group in groups]


def _one_fact(one: Finding, other: Finding, rules: Ruleset) -> bool:
    if _fact_key(one, rules) == _fact_key(other, rules):
        return True
    same_order = (one.draft and one.draft.reference) == (other.draft and other.draft.reference)
    twins = (
        other.card in rules.by_id[one.card].file.twin_of or one.card in rules.by_id[other.card].file.twin_of
    )
    return same_order and twins


def _fact_key(finding: Finding, rules: Ruleset) -> object:
    if finding.draft is None:
        return (finding.card, None)
    draft = finding.draft.reference
    if finding.level == "critical" and rules.pathways[finding.pathway].merge_criticals:
        return ("criticals", finding.pathway, draft)
    proof = frozenset(e.reference for e in finding.evidence if e.reference != draft)
    kind = "danger" if finding.kind in _DANGERS else finding.kind
    return (kind, draft, proof) if proof else (finding.card, draft)


def _lead(group: Sequence[Finding], order: dict[str, int], belongs: Callable[[str], bool]) -> Finding:
    ranked = sorted(group, key=lambda f: (-rank(f.level), not belongs(f.pathway), order[f.card]))
    first, rest = ranked[0], ranked[1:]
    return replace(first, also=tuple(rest)) if rest else first


def once_for_pairs(findings: Iterable[Finding]) -> list[Finding]:
    """A pair of drafts is one finding: the later draft's finding is dropped when the earlier one names it as partner."""
    kept: list[Finding] = []
    for finding in findings:
        mirrored = any(
            k.card == finding.card
            and k.draft is not None
            and finding.draft is not None
            and finding.draft.reference in k.partners
            and set(finding.partners) <= {k.draft.reference}
            for k in kept
        )
        if not mirrored:
            kept.append(finding)
    return kept
