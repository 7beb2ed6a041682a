"""The ladder of a pathway in words: what opens and what passes each step, its therapies, and the cards that belong to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cds_service.authoring.sentences import label_of, sentence_of
from cds_service.errors import InputInvalid
from cds_service.ruleset.ruleset import Ruleset
from cds_service.ruleset.trials import LadderStep
from cds_service.ruleset.wording import nearest

STANDING = "A patient stands on the first step that is not passed."


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step. ``opens`` are its prerequisites, ``passed`` is what must hold to leave it behind; all of them each."""

    step: str
    name: str
    opens: tuple[str, ...]
    passed: tuple[str, ...]
    therapies: tuple[str, ...]
    cards: tuple[str, ...]
    """Ids of the rules that name this step."""


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """The steps of a pathway, in order."""

    pathway: str
    title: str
    steps: tuple[Step, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the ladder as JSON data."""
        return asdict(self)


def ladder_of(rules: Ruleset, pathway: str) -> Ladder:
    """Return the ladder of a pathway.

    :raises InputInvalid: there is no such pathway, or it has no ladder of its own.
    """
    if pathway not in rules.pathways:
        raise InputInvalid(f"no pathway '{pathway}'{nearest(pathway, rules.pathways)}")
    file = rules.pathways[pathway]
    if not file.ladder:
        used = f"; it uses that of {', '.join(file.uses)}" if file.uses else ""
        raise InputInvalid(f"{pathway} has no ladder of its own{used}")
    return Ladder(
        pathway=pathway,
        title=file.title,
        steps=tuple(_step(rules, step, pathway) for step in file.ladder),
    )


def _step(rules: Ruleset, step: LadderStep, pathway: str) -> Step:
    return Step(
        step=step.step,
        name=step.name,
        opens=tuple(sentence_of(rules, item, pathway) for item in step.opens_with),
        passed=tuple(sentence_of(rules, item, pathway) for item in step.passed_when),
        therapies=_labels(rules, step.therapies, pathway),
        cards=tuple(r.id for r in rules.rules if r.file.step == step.step and pathway in r.pathways),
    )


def _labels(rules: Ruleset, names: Sequence[str], pathway: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(label_of(rules, name, pathway) for name in rules.therapies(names, pathway)))
