"""Writes what stands around the trials: orders that do not count, what rules a drug out, scores, and mere noise."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from tests.reference.dosing import dosage, ordered, place
from tests.reference.episodes import Need, write_reason
from tests.reference.writing import Page, Resource, coded, condition, iso, of_set, quantity, score, status

NOT_COUNTING = (
    ("entered-in-error", "order"),
    ("draft", "order"),
    ("unknown", "order"),
    ("active", "proposal"),
    ("active", "plan"),
    ("completed", "option"),
)


def write_decoy(page: Page, need: Need) -> None:
    """An order that does not count, whatever it says."""
    chance = page.chance
    stands, intent = chance.of(NOT_COUNTING)
    resource = _request(page, need, status=stands, intent=intent, days_ago=chance.between(0, 600))
    write_reason(page, resource)
    way = chance.weighted(as_it_is=6, other_patient=1, future=1)
    if way == "other_patient":
        resource.update(status="completed", intent="order", subject={"reference": "Patient/q"})
    if way == "future":
        resource.update(
            status="active",
            intent="order",
            authoredOn=iso(page.as_of + timedelta(days=chance.between(1, 60))),
        )


def _request(page: Page, need: Need, *, days_ago: int, **members: object) -> Resource:
    resource = page.add(
        "MedicationRequest",
        authoredOn=iso(page.ago(days_ago)),
        dosageInstruction=dosage(page.chance, need.milligrams, None),
        **members,
    )
    place(page, resource, ordered(page.chance, need.ingredient))
    return resource


def write_never_taken(page: Page, need: Need) -> None:
    """A cancelled order or a drug that was not taken; its reason may rule the drug out."""
    chance = page.chance
    days_ago = chance.between(0, 700)
    if chance.often(60):
        resource = _request(page, need, status="cancelled", intent="order", days_ago=days_ago)
    else:
        resource = page.add(
            "MedicationStatement", status="not-taken", effectiveDateTime=iso(page.ago(days_ago))
        )
        place(page, resource, ordered(chance, need.ingredient))
    write_reason(page, resource)


def write_avoid(page: Page, need: Need) -> None:
    """An order not to give the drug, active or no longer."""
    stands = page.chance.one("active", "active", "completed", "stopped", "entered-in-error")
    resource = _request(
        page, need, status=stands, intent="order", days_ago=page.chance.between(1, 700), doNotPerform=True
    )
    if page.chance.often(50):
        names = ("reason-contraindicated", "reason-declined", "reason-allergy", "reason-no-effect")
        resource["reasonCode"] = [of_set(page.chance, page.chance.one(*names))]


def write_allergy(page: Page, need: Need) -> None:
    """An allergy or intolerance to the drug."""
    chance = page.chance
    page.add(
        "AllergyIntolerance",
        clinicalStatus=status(chance.one("active", "active", "active", "inactive", "resolved")),
        verificationStatus=status(
            chance.one("confirmed", "confirmed", "unconfirmed", "refuted", "entered-in-error")
        ),
        type=chance.one("allergy", "intolerance", None),
        criticality=chance.one(None, "low", "unable-to-assess"),
        code=ordered(chance, need.ingredient).concept,
        recordedDate=iso(page.ago(chance.between(0, 900))) if chance.often(80) else None,
    )


def write_scores(page: Page, value_set: str, low: int, high: int, count: int) -> None:
    """Scores on different days of the last years."""
    for days_ago in page.chance.some(range(1, 900), count):
        score(page, value_set, page.chance.between(low, high), page.ago(days_ago))


def write_reasoned_order(page: Page, need: Need) -> None:
    """An order of another drug whose reason says that the one before did not work."""
    resource = _request(page, need, status="active", intent="order", days_ago=page.chance.between(0, 400))
    resource["reasonCode"] = [
        of_set(page.chance, page.chance.one("reason-no-effect", "reason-cost-or-supply"))
    ]


def write_other_drugs(page: Page, ingredients: Sequence[str]) -> None:
    """Drugs that standards and safety rules ask for, in use or not."""
    for name in page.chance.some(ingredients, page.chance.between(0, 2)):
        stands = page.chance.one("active", "active", "completed", "stopped", "entered-in-error")
        start = page.chance.between(20, 300)
        period = {"start": iso(page.ago(start))}
        if stands in ("completed", "stopped"):
            period["end"] = iso(page.ago(page.chance.one(13, 14, 15, 13, page.chance.between(0, 19))))
        resource = page.add("MedicationStatement", status=stands, effectivePeriod=period)
        place(page, resource, ordered(page.chance, name))


def write_harm(page: Page, value_set: str) -> None:
    """A coded adverse effect on some day."""
    condition(page, value_set, page.ago(page.chance.between(0, 500)))


def write_report(page: Page, value_set: str, conclusions: Sequence[str]) -> None:
    """An imaging report, mostly final, mostly with a conclusion."""
    chance = page.chance
    page.add(
        "DiagnosticReport",
        status=chance.one("final", "final", "amended", "preliminary", "cancelled"),
        code=of_set(chance, value_set),
        effectiveDateTime=iso(page.ago(chance.between(1, 900))),
        conclusion=chance.one(None, chance.of(conclusions), chance.of(conclusions)),
    )


def write_noise(page: Page) -> None:
    """What no rule of a trial asks for."""
    chance = page.chance
    condition(
        page, chance.one("hypertension", "depression", "sleep-apnoea"), page.ago(chance.between(10, 900))
    )
    page.add(
        "Observation",
        status="final",
        code=coded(("LOINC", "718-7")),
        effectiveDateTime=iso(page.ago(3)),
        valueQuantity=quantity(13.5, "g/dL"),
    )


def write_operation(page: Page, value_set: str, reason: str, near: Sequence[int], before: int | None) -> int:
    """A procedure with its outcome, words and side, or one that was not done; return how many days ago.

    ``near`` are numbers of days on which its judgement turns; ``before`` is how many days ago another one was done.
    """
    chance = page.chance
    ago = (
        chance.near(chance.of(near))
        if before is None or chance.often(30)
        else before + chance.near(chance.of(near))
    )
    stands = chance.weighted(
        completed=14, stopped=2, in_progress=1, not_done=3, preparation=1, entered_in_error=1, on_hold=1
    )
    resource = page.add(
        "Procedure",
        status=stands.replace("_", "-"),
        code=of_set(chance, value_set),
        performedDateTime=iso(page.ago(ago)),
    )
    if chance.often(70):
        resource["reasonCode"] = [of_set(chance, reason if chance.often(90) else "hypertension")]
    if chance.often(60):
        outcome = chance.one(
            "outcome-successful", "outcome-successful", "outcome-partial", "outcome-unsuccessful"
        )
        resource["outcome"] = of_set(chance, outcome)
    if chance.often(25):
        resource["note"] = [{"text": chance.of(PROCEDURE_SENTENCES)}]
    if chance.often(60):
        resource["bodySite"] = [of_set(chance, f"laterality-{chance.one('left', 'right')}")]
    if stands in ("stopped", "not_done") and chance.often(70):
        resource["statusReason"] = of_set(
            chance, chance.one("reason-contraindicated", "reason-declined", "reason-cost-or-supply")
        )
    return ago


PROCEDURE_SENTENCES = (
    "No benefit.",
    "ineffective",
    "Wore off",
    "Pain free",
    "Partial relief only",
    "Contraindicated",
    "Patient declined",
    "Reviewed in clinic",
    "Stopped because of cost",
)


def write_sessions(page: Page, code: tuple[str, str], *, every: int, most: int, reason: str | None) -> None:
    """A series of sessions about so many days apart, as procedures; the last some time ago."""
    chance = page.chance
    ago = chance.near(chance.one(28, 84, every, 300))
    for _ in range(chance.between(1, most)):
        resource = page.add(
            "Procedure", status="completed", code=coded(code), performedDateTime=iso(page.ago(ago))
        )
        if reason is not None and chance.often(85):
            resource["reasonCode"] = [of_set(chance, reason)]
        if chance.often(15):
            resource["outcome"] = of_set(
                chance, chance.one("outcome-successful", "outcome-partial", "outcome-unsuccessful")
            )
        ago += chance.one(every, every - 1, every + 1, every, chance.between(1, 2 * every))


def write_administrations(
    page: Page, ingredient: str, *, every: int, most: int, reasons: Sequence[str | None]
) -> None:
    """A series of administrations about so many days apart, for one reason or another."""
    chance = page.chance
    ago = chance.near(chance.one(28, 84, every, 300))
    for _ in range(chance.between(1, most)):
        resource = page.add(
            "MedicationAdministration", status="completed", effectiveDateTime=iso(page.ago(ago))
        )
        resource["medicationCodeableConcept"] = ordered(chance, ingredient).concept
        reason = chance.of(reasons)
        if reason is not None:
            resource["reasonCode"] = [of_set(chance, reason)]
        ago += chance.one(every, every - 1, every + 1, every, chance.between(1, 2 * every))
