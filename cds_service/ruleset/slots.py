"""The slots that texts of a card may hold, and the checks of these texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cds_service.ruleset.cards import CardFile
from cds_service.ruleset.wording import nearest
from cds_service.ruleset.yaml_file import Place

LONGEST_SUMMARY = 140
"""A summary stays below this many characters (CDS Hooks 2.0.1, Card attributes: ``summary``)."""


SLOTS: Mapping[str, str] = {
    "drug": "ingredients of the draft, else of the trial",
    "draft": "the draft's own name for what is ordered",
    "other": "the partner drug or drugs",
    "procedure": "the procedure of the draft or anchor",
    "therapy": "the therapy of the anchor or trial",
    "class": "the therapy class",
    "date": "the day of what decided it",
    "month": "the month of what decided it",
    "reason": "why a trial ended",
    "reasons": "what each met finding says, joined",
    "value": "the value measured or computed, with its unit",
    "limit": "the limit that it was held against",
    "dose": "the daily dose",
    "min_dose": "the least daily dose of an adequate trial",
    "weeks": "weeks that a trial lasted",
    "needed_weeks": "weeks that an adequate trial lasts",
    "sessions": "sessions of the trial",
    "days": "days since the anchor or between two events",
    "count": "how many were counted",
    "months": "months from the first to the last of what was counted",
    "needed": "how many are needed",
    "nth": "the count with the draft, as 3rd, 4th …",
    "failed": "names of what failed or was not tolerated",
    "untried": "names of what is not tried and not ruled out",
    "missing": "what is missing, joined",
    "label": "the text that the card's label chose",
    "finding": "the diagnosis, finding or allergy that decided it",
    "region": "the body region",
    "target": "the target of a procedure with its side",
    "reaction": "the reaction of an allergy",
    "start": "the day that the trial of the anchor began",
    "suggested": "the first drug that the card offers to order",
}
"""Slot to what it prints. A value that is not known prints ``unknown``. A name with a hyphen prints that setting."""

_SLOT = re.compile(r"\{([^{}]*)\}")


def slots_in(text: str) -> list[str]:
    """Return the slots of a text, in order."""
    return _SLOT.findall(text)


def settings_in(card: CardFile) -> frozenset[str]:
    """Return the settings that the texts of a card print."""
    return frozenset(name for _, text in texts_of(card) for name in slots_in(text) if "-" in name)


def texts_of(card: CardFile) -> Iterator[tuple[Place, str]]:
    """Yield every text of a card that may hold slots, with its place."""
    for number, variant in enumerate(card.summary):
        yield ("summary", number, "say"), variant.say
    yield ("detail",), card.detail
    for number, variant in enumerate(card.label):
        yield ("label", number, "say"), variant.say
    for number, finding in enumerate(card.findings):
        for word, text in (("say", finding.say), ("summary", finding.summary)):
            if text is not None:
                yield ("findings", number, word), text
    for number, exception in enumerate(card.but):
        if exception.summary is not None:
            yield ("but", number, "summary"), exception.summary
    for number, suggestion in enumerate(card.suggest):
        if suggestion.label is not None:
            yield ("suggest", number, "label"), suggestion.label


def slot_faults(card: CardFile) -> Iterator[tuple[Place, str]]:
    """Yield what is wrong with the slots and the length of a card's texts."""
    for place, text in texts_of(card):
        for name in slots_in(text):
            if "-" in name:
                continue  # a setting: names are checked where scopes are known
            if name not in SLOTS:
                yield place, f"no slot '{{{name}}}'{nearest(name, SLOTS)}"
            elif name == "label" and not card.label:
                yield place, "'{label}' needs 'label'"
            elif name == "reasons" and not card.findings and not card.rows:
                yield place, "'{reasons}' needs 'findings' or 'rows'"
        if set("{}") & set(_SLOT.sub("", text)):
            yield place, "has a brace that belongs to no slot"
        if _is_summary(place) and len(text) >= LONGEST_SUMMARY:
            yield place, f"has {len(text)} characters; a summary stays below {LONGEST_SUMMARY}"


def _is_summary(place: Place) -> bool:
    return "summary" in place
