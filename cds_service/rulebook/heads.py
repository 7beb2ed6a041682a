"""What the pages of the book and of the gallery share: the title of the shared rules, and the levels of a card."""

from __future__ import annotations

from cds_service.ruleset.ruleset import Rule

SHARED_TITLE = "Safety rules of several pathways"
LEVELS = ("critical", "warning", "info")


def levels_of(rule: Rule) -> tuple[str, ...]:
    """Return every level a card may have, most urgent first; those that caps alone bring are left out."""
    card = rule.file
    own = {entry.level for entry in card.findings} | {row.level for row in rule.rows}
    found = {*(own or {card.show.level}), *(entry.level for entry in card.but)}
    return tuple(level for level in LEVELS if level in found)
