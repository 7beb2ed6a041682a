"""The verdict of one course in one world, and of all worlds together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.reference.signs import Item, Scene, Sign, sign
from tests.reference.standards import Held
from tests.reference.weighing import decides

DEFAULT_REASON = {
    "not-tolerated": "intolerance",
    "failed-absent": "absent",
    "failed-waned": "waned",
    "ruled-out": "contraindicated",
    "effective": "success",
}


OPEN_ADEQUACY = (
    ({"inadequate", "stopped-other"}, "stopped-other"),
    ({"inadequate", "ended-unknown"}, "ended-unknown"),
    ({"inadequate", "ongoing"}, "ongoing"),
    ({"ruled-out", "stopped-other"}, "ruled-out"),
    ({"ruled-out", "effective"}, "ruled-out"),
)
"""What a trial is called when nobody can say whether it was adequate, and neither reading speaks of effect.

It ended for no recorded reason or for one that is not about effect; it runs and may not have run its time; it was
found contraindicated, which is never called inadequate, since that would invite to try again.
"""


@dataclass(frozen=True)
class Outcome:
    """A verdict, its reason, and whether it rests on words or inference."""

    verdict: str
    reason: str | None
    inferred: bool = False
    open: bool = False
    """The reason, and how surely it is known, is open."""


def signs_of(scene: Scene, verdicts: dict[str, list[Item]], applies: Sequence[str]) -> list[Sign]:
    """All signs of a course, in the order of its pathway's file; ``applies`` are the verdicts that may be looked for."""
    found = []
    for verdict, items in verdicts.items():
        for item in items if verdict in applies else ():
            one = sign(scene, verdict, item, DEFAULT_REASON.get(verdict, ""))
            if one is not None:
                found.append(one)
    return found


def judge_running(scene: Scene, verdicts: dict[str, list[Item]], held: Held) -> Outcome:
    """A course that goes on: failed by words or scores once it is adequate; else ongoing, or under its dose."""
    if held.adequate:
        best = decides(signs_of(scene, verdicts, ("failed-waned", "failed-absent")))
        if best is not None:
            return Outcome("failed", best.reason, inferred=not best.sure)
        return Outcome("ongoing-adequate", None)
    return Outcome("ongoing", None) if held.reachable else Outcome("inadequate", "too-low")


def judge_ended(scene: Scene, verdicts: dict[str, list[Item]], held: Held, *, excused: bool) -> Outcome:
    """A course that has ended; ``excused`` lets it fail without a recorded dose."""
    adequate = held.adequate
    every = signs_of(scene, verdicts, tuple(verdicts))
    best = decides([s for s in every if _may_speak(s, scene, adequate=adequate)])
    if best is None:
        return Outcome("ended-unknown", None) if adequate else Outcome("inadequate", held.why or None)
    if best.verdict in ("not-tolerated", "ruled-out", "effective"):
        return Outcome(best.verdict, best.reason, inferred=not best.sure)
    if best.verdict.startswith("failed") and (
        adequate or excused or best.item.get("needs_adequate") is False
    ):
        return Outcome("failed", best.reason, inferred=not best.sure or (excused and not adequate))
    if not adequate:
        return Outcome("inadequate", held.why or None)
    return Outcome(best.verdict, best.reason, inferred=not best.sure)


def _may_speak(one: Sign, scene: Scene, *, adequate: bool) -> bool:
    """Ruled out is what was never used, or only briefly where the item says so; an allergy needs a day of use."""
    used = scene.course.used
    if one.verdict == "ruled-out":
        after = one.item.get("after_use", "never")
        return not used or after == "any" or (after == "brief" and not adequate)
    if one.verdict == "not-tolerated" and one.item.get("stopped_for") == "reason-allergy":
        return used
    return True


def together(outcomes: Sequence[Outcome]) -> Outcome:
    """One verdict of all worlds: what they agree on, else unknown.

    Where only its adequacy is open, some trials have a verdict all the same (``OPEN_ADEQUACY``).
    """
    verdicts = {o.verdict for o in outcomes}
    for either_way, called in OPEN_ADEQUACY:
        if verdicts == either_way:
            verdicts = {called}
    if len(verdicts) > 1:
        return Outcome("unknown", None)
    verdict = verdicts.pop()
    saying = [o for o in outcomes if o.verdict == verdict]
    reasons = {o.reason for o in saying}
    inferred = any(o.inferred for o in saying)
    return Outcome(
        verdict, reasons.pop() if len(reasons) == 1 else None, inferred=inferred, open=len(reasons) > 1
    )
