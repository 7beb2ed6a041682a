"""The card's detail in GitHub-Flavored Markdown: what to know, why it is shown, trials, what is missing, sources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from cds_service.cards.wording import REASONS, dose_words, fill, harmless, sentence
from cds_service.evaluate.findings import Finding, Trial
from cds_service.evaluate.levels import PROVISIONAL
from cds_service.evaluate.trial_facts import WORDS
from cds_service.evaluate.truth import Evidence
from cds_service.ruleset.cards import Source
from cds_service.ruleset.ruleset import Ruleset
from cds_service.timeline.amounts import Amount
from cds_service.timeline.events import Certainty, Missing

_EXPLAINED = frozenset({"not-tolerated", "ruled-out"})
"""Verdicts that a finer reason explains."""

_DATED = re.compile(r"\((\d{4}[-\d]*)\)")
"""A day behind what happened then; the same without brackets is the same fact."""

MOST_EVIDENCE = 8
"""Lines of evidence on a card; the explanation has them all."""


def detail_of(
    finding: Finding,
    rules: Ruleset,
    *,
    slots: Mapping[str, object],
    incomplete: Iterable[str],
    left: Sequence[str],
) -> str:
    """Return the whole detail; ``left`` are sentences about suggestions that could not be made."""
    rule = rules.by_id[finding.card]
    pathway = rules.pathways[finding.pathway]
    parts = [sentence(fill(rule.file.detail, slots, markdown=True).strip()), *left]
    parts += [_also(finding, rules), _why(finding), _trials(finding.trials), _missing(finding.missing)]
    parts.append("Provisional diagnosis." if finding.provisional else "")
    parts.append(_caps(finding))
    parts.append(_sources(_all_sources(finding, rules)))
    parts.append(f"_{pathway.notice}_")
    unread = sorted(incomplete)
    if unread:
        parts.append(f"Could not be read: {', '.join(unread)}.")
    return "\n\n".join(p for p in parts if p)


def _also(finding: Finding, rules: Ruleset) -> str:
    lines = []
    for other in finding.also:
        file = rules.by_id[other.card].file
        said = "; ".join(dict.fromkeys(fill(say, slots, markdown=True) for say, slots in other.reasons))
        lines.append(f"- {file.title}" + (f": {said}" if said else ""))
    return "Also found:\n\n" + "\n".join(lines) if lines else ""


def _why(finding: Finding) -> str:
    """Say what decided it; what the table of trials below says is not said twice."""
    told = {f"{t.label}: {WORDS[t.finer]}" for t in finding.trials}
    tabled = {(t.evidence[0].reference, t.evidence[0].says) for t in finding.trials if t.evidence and t.days}
    lines = [f"- {harmless(sentence)}" for sentence in finding.because if sentence not in told]
    evidence = [e for e in finding.evidence if (e.reference, e.says) not in tabled]
    lines += [_evidence(e) for e in evidence[:MOST_EVIDENCE]]
    more = len(evidence) - MOST_EVIDENCE
    if more > 0:
        lines.append(f"- and {more} more")
    if not lines:
        return ""
    return "**Why this card**\n\n" + "\n".join({_DATED.sub(r"\1", line): line for line in lines}.values())


def _evidence(item: Evidence) -> str:
    when = f" ({item.date})" if item.date and item.date not in item.says else ""
    sure = "" if item.certainty is Certainty.DOCUMENTED else f", {item.certainty.value}"
    matched = ", matched by name" if item.by_text else ""
    return f"- {harmless(item.says)}{when}{sure}{matched}"


def _trials(trials: Sequence[Trial]) -> str:
    if not trials:
        return ""
    rows = ["| Therapy | Ordered | Daily dose | Days | Verdict |", "| --- | --- | --- | --- | --- |"]
    rows += [_trial_row(t) for t in sorted(trials, key=_by_start)]
    return "\n".join(rows)


def _by_start(trial: Trial) -> tuple[int, str]:
    start = trial.start or trial.end
    return (start.first.toordinal() if start else 0, trial.label)


def _trial_row(trial: Trial) -> str:
    side = trial.site.side if trial.site is not None else None
    name = harmless(trial.label) + (f" ({side})" if side else "")
    period = _period(trial)
    dose = dose_words(trial) or "–"
    days = f"{trial.days.low:g}" if isinstance(trial.days, Amount) else "–"
    verdict = WORDS[trial.finer]
    reason = REASONS.get(trial.reason or "")
    if reason and trial.verdict == "inadequate":
        verdict = f"{reason} to count"
    elif trial.verdict == "ongoing" and trial.modality is not None:
        verdict = "too early to judge"
    elif reason and reason != verdict and (trial.verdict in _EXPLAINED or trial.reason == "presumed"):
        verdict += f" ({reason})"
    if trial.certainty is not Certainty.DOCUMENTED:
        verdict += f" [{trial.certainty.value}]"
    return f"| {name} | {period} | {dose} | {days} | {verdict} |"


def _period(trial: Trial) -> str:
    if trial.start is None and trial.end is None:
        return "date not recorded" if trial.references else "–"
    start = str(trial.start) if trial.start else "?"
    if trial.running:
        return f"{start} to now"
    if trial.end is None or trial.end == trial.start:
        return start
    return f"{start} to {trial.end}"


def _missing(missing: Sequence[Missing]) -> str:
    if not missing:
        return ""
    lines = [
        f"- {harmless(m.what)}" + (f" (settled by {harmless(m.settled_by)})" if m.settled_by else "")
        for m in missing
    ]
    return "**Not on record**\n\n" + "\n".join(lines)


def _caps(finding: Finding) -> str:
    caps = [cap for cap in finding.caps if cap != PROVISIONAL]  # said already
    return f"Shown as {finding.level}: {'; '.join(caps)}." if caps else ""


def _all_sources(finding: Finding, rules: Ruleset) -> list[Source]:
    found: dict[str, Source] = {}
    for item in (finding, *finding.also):
        for source in rules.by_id[item.card].file.sources:
            found.setdefault(source.label, source)
    return list(found.values())


def _sources(sources: Sequence[Source]) -> str:
    lines = [f"- {s.label}: {s.grade}" for s in sources]
    return "**Evidence**\n\n" + "\n".join(lines)
