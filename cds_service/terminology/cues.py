"""Cues: words near a phrase that void it, date it, or say that it speaks of another therapy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cds_service.errors import Complaint
from cds_service.terminology.csvfile import Row, read_table
from cds_service.terminology.patterns import PatternFault, PatternSet, compile_pattern
from cds_service.terminology.text import Tokens

IGNORE, TARGET, TERMINATE, TERMINATE_CAUSE = "ignore", "target", "terminate", "terminate-cause"
NEGATE, UNCERTAIN, QUESTION, FAMILY = "negate", "uncertain", "question", "family"
CONDITIONAL, PLAN, COPIED, TEMPLATE = "conditional", "plan", "copied", "template"
PAST_SUCCESS, OFF_DRUG = "past-success", "off-drug"

_EFFECTS = frozenset(
    {
        IGNORE,
        TARGET,
        TERMINATE,
        TERMINATE_CAUSE,
        NEGATE,
        UNCERTAIN,
        QUESTION,
        FAMILY,
        CONDITIONAL,
        PLAN,
        COPIED,
        TEMPLATE,
        PAST_SUCCESS,
        OFF_DRUG,
    }
)
_DIRECTIONS = frozenset({"forward", "backward", "sentence", "text", "both"})
_ENDED_BY_ANY = frozenset({NEGATE, UNCERTAIN, PLAN, PAST_SUCCESS})
_ENDED_BY_CONTRAST = frozenset({CONDITIONAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """What a cue does, and how far: ``reach`` words ``forward`` or ``backward``, its sentence or the whole text."""

    effect: str
    reach: int
    direction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CueMatch:
    """A cue found in a text, by its words from ``start`` up to ``end``."""

    cue: Cue
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The words and category of a phrase that a cue may act on."""

    start: int
    end: int
    category: str


class CueTable:
    """All cues; finds them in a text and says which of them act on a phrase."""

    def __init__(self, cues: PatternSet[Cue]) -> None:
        self._cues = cues

    def find(self, tokens: Tokens, names: dict[int, int]) -> list[CueMatch]:
        """All cues of a text; a question mark is a question at the end of a sentence, else a doubt."""
        found = [
            CueMatch(cue=cue, start=span.start, end=span.end) for span, cue in self._cues.find(tokens, names)
        ]
        return [match for match in found if _question_mark_fits(tokens, match)]


def acts_on(tokens: Tokens, cues: Sequence[CueMatch], match: CueMatch, claims: Sequence[Claim]) -> set[int]:
    """The numbers of the claims that lie in the scope of a cue; ``claims`` are in text order."""
    if match.cue.direction == "text":
        return set(range(len(claims)))
    in_reach = {
        number
        for number, claim in enumerate(claims)
        if _is_near(tokens, match, claim) and not _is_ended(cues, match, claim)
    }
    if match.cue.effect == NEGATE and match.cue.direction == "forward":
        return _up_to_comma(tokens, match, claims, in_reach)
    return in_reach


def _is_near(tokens: Tokens, match: CueMatch, claim: Claim) -> bool:
    overlaps = match.start < claim.end and claim.start < match.end
    if overlaps or tokens.sentence[match.start] != tokens.sentence[claim.start]:
        return False
    cue = match.cue
    if cue.direction == "sentence":
        return True
    if cue.direction == "forward":
        return 0 <= claim.start - match.end < cue.reach
    if cue.direction == "backward":
        return _is_behind(tokens, match, claim)
    return False


def _is_behind(tokens: Tokens, match: CueMatch, claim: Claim) -> bool:
    distance = match.start - claim.end
    if not 0 <= distance < match.cue.reach:
        return False
    if match.cue.effect == NEGATE:
        between = tokens.text[tokens.ends[claim.end - 1] : tokens.starts[match.start]]
        return distance == 0 or ":" in between
    if match.cue.effect == CONDITIONAL:
        return tokens.clause[claim.end - 1] == tokens.clause[match.start]
    return True


def _is_ended(cues: Sequence[CueMatch], match: CueMatch, claim: Claim) -> bool:
    effect = match.cue.effect
    if match.cue.direction != "forward":
        return False
    if effect == TEMPLATE or effect in _ENDED_BY_ANY:
        enders: tuple[str, ...] = (TERMINATE, TERMINATE_CAUSE)
    elif effect in _ENDED_BY_CONTRAST:
        enders = (TERMINATE,)
    else:
        return False
    return any(other.cue.effect in enders and match.end <= other.start <= claim.start for other in cues)


def _up_to_comma(tokens: Tokens, match: CueMatch, claims: Sequence[Claim], in_reach: set[int]) -> set[int]:
    """A comma ends a negation, except in a list whose next item is of the same category."""
    kept: set[int] = set()
    clause, category = tokens.clause[match.end - 1], None
    for number in sorted(in_reach):
        claim = claims[number]
        its_clause = tokens.clause[claim.start]
        if its_clause != clause and claim.category != category:
            break
        clause, category = its_clause, claim.category
        kept.add(number)
    return kept


def _question_mark_fits(tokens: Tokens, match: CueMatch) -> bool:
    if tokens.words[match.start : match.end] != ("?",):
        return True
    last = match.end == len(tokens) or tokens.sentence[match.end] != tokens.sentence[match.start]
    return (match.cue.effect == QUESTION) is last


def load_cues(path: Path, *, faults: list[Complaint]) -> CueTable:
    """Read ``cues.csv``."""
    table = read_table(
        path, required=("cue", "effect", "scope", "direction", "note"), shown_as=f"terminology/{path.name}"
    )
    faults.extend(table.faults)
    entries = []
    for row in table.rows:
        cue = _cue(row, faults)
        if cue is None:
            continue
        try:
            entries.append((compile_pattern(row["cue"]), cue))
        except PatternFault as fault:
            faults.append(row.complaint("cue", str(fault)))
    return CueTable(PatternSet(entries))


def _cue(row: Row, faults: list[Complaint]) -> Cue | None:
    before = len(faults)
    if row["effect"] not in _EFFECTS:
        faults.append(row.complaint("effect", f"{row['effect']} is not one of {', '.join(sorted(_EFFECTS))}"))
    if row["direction"] not in _DIRECTIONS:
        known = ", ".join(sorted(_DIRECTIONS))
        faults.append(row.complaint("direction", f"{row['direction']} is not one of {known}"))
    if not row["scope"].isdecimal():
        faults.append(row.complaint("scope", f"{row['scope']!r} is not a number of words"))
    if len(faults) > before:
        return None
    return Cue(effect=row["effect"], reach=int(row["scope"]), direction=row["direction"])
