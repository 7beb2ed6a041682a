"""A new rule to begin with: a draft that comes too often, and four cases that fail until the rule is written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cds_service.casework.read import CASES, PATIENTS
from cds_service.errors import InputInvalid
from cds_service.ruleset.library import INDEX, SHARED
from cds_service.ruleset.ruleset import Ruleset
from cds_service.ruleset.trials import TherapyDefinition
from cds_service.ruleset.wording import nearest
from cds_service.ruleset.yaml_file import read_yaml

_CARD_ID = re.compile(r"[A-Z]{2,3}-[0-9A-Z]+[a-z]?")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_DAY = "2026-06-15"
"""Day of judgement of the cases where the folder's own patients name none."""

RULE = """\
# yaml-language-server: $schema=../rule.schema.json
card: {card}
version: 1
status: draft
title: {title}
owner: {owner}
about:
  when: Say when the card comes.
  then: Say what it offers.
  not_for: Say for whom it is not.

show: {{kind: {kind}, hooks: [{hooks}], level: {level}{scope}}}
{for_each}when:
  all:
    # Everybody whose birth date is known: say who gets the card instead.
    - age: {{at_least: 0 a}}
if_unknown: silent
summary: "Say the facts of this patient and the one thing to do."
detail: >-
  Say why, in sentences of at most 25 words, and what a reader may want to know before acting.
overrides: [{overrides}]
sources:
  - {{label: "Say who found it", grade: say how certain it is}}
known_gaps:
  - Say what the rule cannot see.
"""

CASE_FILE = """\
as_of: {as_of}
{hook}{patients}cases:
  - name: Say which patient gets the card
    patient: {patient}
{drafts}    expect: {{card: {{level: {level}, summary: "Say the summary that this patient's clinician reads."}}}}
  - name: Say which patient differs in one fact and gets none
    like: {patient}
{drafts}    expect: {{card: none}}
  - name: Say which other patient gets none
    like: {patient}
{drafts}    expect: {{card: none}}
  - name: Say what is not known when a search fails
    like: {patient}
{drafts}    unavailable: [Observation]
    expect: {{card: none, incomplete: [Observation]}}
"""


@dataclass(frozen=True, kw_only=True)
class Skeleton:
    """The files of a new rule, by path below the rules folder, and what its author does next."""

    files: Mapping[str, str]
    next_steps: tuple[str, ...]


def skeleton_of(
    rules: Ruleset, rules_dir: Path, *, pathway: str, card: str, slug: str, hook: str | None
) -> Skeleton:
    """Return the files of a new rule; what the card index plans for the card is taken from there.

    :raises InputInvalid: the pathway is not there, the id or the words are none, or the card is written already.
    """
    _refuse(rules, rules_dir, pathway=pathway, card=card, slug=slug)
    planned = rules.index.get(card, {})
    hooks = [hook] if hook else _split(planned.get("hooks", "")) or ["patient-view"]
    level = next(iter(_split(planned.get("indicator", ""))), "info")
    ordering = "patient-view" not in hooks
    ordered = _ordered(rules, pathway) if ordering else ""
    written = {
        "level": level,
        "drafts": f"    drafts: [{ordered.partition(' ')[2]}]\n" if ordered else "",
        "for_each": f"for_each: {{draft: {ordered.partition(' ')[0]}}}\n" if ordered else "",
        "hook": f"hook: {hooks[0]}\n" if ordering else "",
        "hooks": ", ".join(hooks),
        "kind": planned.get("kind", "next-step"),
        "scope": ", scope: any-patient" if planned.get("scope") == "any-patient" else "",
        "title": slug.replace("-", " ").capitalize(),
        "overrides": ", ".join(list(rules.overrides)[:2]),
        "owner": next((r.file.owner for r in rules.rules if r.home == pathway), "nobody yet"),
        "card": card,
        **_patient(rules, rules_dir, pathway),
    }
    stem = f"{pathway}/{card}-{slug}"
    files = {
        f"{stem}.yaml": RULE.format_map(written),
        f"{stem}{CASES}": CASE_FILE.format_map(written),
    }
    return Skeleton(files=files, next_steps=tuple(_next(card, pathway, stem, planned, level, hooks)))


def write_skeleton(skeleton: Skeleton, rules_dir: Path) -> None:
    """Write the files. Raises ``InputInvalid`` when one is there already (none is written then) or cannot be written."""
    for name in skeleton.files:
        if (rules_dir / name).exists():
            raise InputInvalid(f"{name} is there already")
    for name, text in skeleton.files.items():
        try:
            (rules_dir / name).write_text(text, encoding="utf-8")
        except OSError as problem:
            raise InputInvalid(f"{name}: {problem.strerror}") from None


def _refuse(rules: Ruleset, rules_dir: Path, *, pathway: str, card: str, slug: str) -> None:
    if pathway == SHARED:
        raise InputInvalid("a rule of several pathways begins as a copy of one in rules/shared")
    if pathway not in rules.pathways:
        raise InputInvalid(f"no pathway '{pathway}'{nearest(pathway, rules.pathways)}")
    if _CARD_ID.fullmatch(card) is None:
        raise InputInvalid(f"'{card}' is not a card id such as TN-05")
    if _SLUG.fullmatch(slug) is None:
        raise InputInvalid(f"'{slug}' is not words with hyphens such as refer-for-surgery")
    written = [p for p in sorted(rules_dir.glob(f"*/{card}-*.yaml")) if not p.name.endswith(CASES)]
    if written:
        raise InputInvalid(f"{card} is written already: {written[0].relative_to(rules_dir)}")
    planned = _split(rules.index[card]["pathway"]) if card in rules.index else [pathway]
    if pathway not in planned:
        raise InputInvalid(f"{INDEX} has {card} for {', '.join(planned)}, not for {pathway}")


def _split(text: str) -> list[str]:
    return [word for part in re.split("[;|]", text) if (word := part.strip())]


def _ordered(rules: Ruleset, pathway: str) -> str:
    """Return a value set of the pathway's therapies and how a case orders it, as ``set {order: set}``."""
    for therapy in rules.part(pathway).therapies.values():
        if isinstance(therapy, TherapyDefinition):
            for names, item in ((therapy.medication, "order"), (therapy.procedure, "request")):
                if names:
                    return f"{names[0]} {{{item}: {names[0]}}}"
    raise InputInvalid(f"{pathway} has no therapy that could be ordered: write the rule for patient-view")


def _patient(rules: Ruleset, rules_dir: Path, pathway: str) -> dict[str, str]:
    """Return the patient of the cases: one with the pathway's diagnosis, else the first that the folder shares."""
    shared = _shared(rules_dir / pathway / PATIENTS)
    as_of = str(shared.get("as_of", _DAY))
    condition = rules.pathways[pathway].population.condition
    names = list(shared.get("patients") or {})
    if not condition and names:
        return {"as_of": as_of, "patients": "", "patient": names[0]}
    history = f"\n      - {{condition: {condition[0]}}}" if condition else " []"
    own = [
        "patients:",
        "  new-patient:",
        "    story: Say who this is and what happened.",
        "    born: 1970-01-01",
    ]
    text = "\n".join([*own, f"    history:{history}"]) + "\n"
    return {"as_of": as_of, "patients": text, "patient": "new-patient"}


def _shared(path: Path) -> Mapping[str, Any]:
    data = read_yaml(path, name=path.name).data if path.exists() else None
    return data if isinstance(data, Mapping) else {}


def _next(
    card: str, pathway: str, stem: str, planned: Mapping[str, str], level: str, hooks: Sequence[str]
) -> Sequence[str]:
    steps = [
        f"Write the four cases in {stem}{CASES}: one fires, two are silent, one does not know.",
        f"Write the rule in {stem}.yaml, from top to bottom.",
        f"Run 'cds-service rules test --rule {card}' until all cases hold; all four fail now.",
    ]
    if planned:
        steps.append(f"The index plans it so: {planned['trigger']}.")
    else:
        row = f"{card},{pathway},{';'.join(hooks)},next-step,{level},pathway,<when it comes>,"
        steps.append(f"Add its row to {INDEX}: {row}")
    steps.append(
        "Run 'cds-service rules check' and 'rules lock'; set 'status: pilot' when its reviewers agree."
    )
    return steps


__all__ = ["Skeleton", "skeleton_of", "write_skeleton"]
