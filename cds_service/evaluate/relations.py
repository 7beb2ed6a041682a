"""Rules among rules: silencing, giving way, standing alone, and one card for one fact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from cds_service.evaluate.findings import Finding
from cds_service.evaluate.levels import rank
from cds_service.ruleset.ruleset import Rule, Ruleset

LADDER_KINDS = frozenset(
    {"next-step", "missing-prerequisite", "reassess", "limited-evidence", "supportive-care", "skipped-step"}
)


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


def merged(findings: Sequence[Finding], rules: Ruleset) -> list[Finding]:
    """One card for one fact on one draft: the highest level leads, the others are named in it.

    The same fact: the same kind, the same draft and the same proof beyond draft and diagnosis. A pathway may ask for
    one card of all its critical findings on a draft.
    """
    order = {rule.id: position for position, rule in enumerate(rules.rules)}
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_fact_key(finding, rules), []).append(finding)
    return [_lead(group, order) for group in groups.values()]


def _fact_key(finding: Finding, rules: Ruleset) -> object:
    if finding.draft is None:
        return (finding.card, None)
    draft = finding.draft.reference
    if finding.level == "critical" and rules.pathways[finding.pathway].merge_criticals:
        return ("criticals", finding.pathway, draft)
    proof = frozenset(e.reference for e in finding.evidence if e.reference != draft)
    return (finding.kind, draft, proof) if proof else (finding.card, draft)


def _lead(group: Sequence[Finding], order: dict[str, int]) -> Finding:
    ranked = sorted(group, key=lambda f: (-rank(f.level), order[f.card]))
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
