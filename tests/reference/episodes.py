"""Writes one stretch of a drug on a record: orders that follow each other, their doses, and how the last one ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tests.reference.chance import Chance
from tests.reference.dosing import a_range, as_needed, dosage, ordered, place, taper, unknown_dosage
from tests.reference.words import sentences
from tests.reference.writing import Page, Resource, coded, iso, of_set, quantity

CODED_REASONS = {
    "reason-no-effect": 8,
    "reason-not-tolerated": 3,
    "reason-allergy": 1,
    "reason-cost-or-supply": 2,
    "reason-remission": 2,
    "reason-declined": 1,
    "reason-contraindicated": 1,
    "reason-interaction": 1,
    "reason-pregnancy": 1,
    "reason-other": 1,
}


@dataclass(frozen=True)
class Need:
    """What a pathway asks of a drug: so many milligrams, days at that dose, days in all; days that a gap may last."""

    ingredient: str
    milligrams: int
    held: int
    lasts: int
    gap: int
    limits: tuple[int, ...] = (42, 180)
    """Further numbers of days that the pathway's evidence turns on."""
    route: str | None = None
    """A route that the therapy is bound to, written now and then, as is another one."""


@dataclass(frozen=True)
class Piece:
    """One order of an episode."""

    start: date
    end: date
    dosages: list[Resource]
    strength: float | None = None


def write_episode(page: Page, need: Need, *, latest_end: int, may_run: bool, by_text: bool) -> int:
    """Write an episode that ends at least ``latest_end`` days ago, or runs; return how many days ago it began."""
    chance = page.chance
    total = max(1, chance.near(chance.one(need.lasts, need.held, *need.limits)))
    running = may_run and chance.often(40)
    end = page.ago(0 if running else latest_end + chance.one(0, 1, chance.between(0, 400)))
    pieces = _pieces(page, need, end, total)
    for piece in pieces[:-1]:
        _write(page, need, piece, _Ending.closed(chance), by_text=by_text, reasoned=chance.often(15))
    ending = (
        _Ending.running(chance)
        if running
        else _Ending.over(chance, alone=len(pieces) == 1 and latest_end == 0)
    )
    page.open_end = page.open_end or (ending.says == "nothing" and ending.status != "active")
    _write(page, need, pieces[-1], ending, by_text=by_text, reasoned=chance.often(75))
    return (page.as_of - pieces[0].start).days


def write_imprecise(page: Page, need: Need) -> None:
    """One order or statement whose dates are months or years, or are not recorded at all; nothing else of its drug."""
    chance = page.chance
    start = page.ago(chance.between(40, 900))
    end = start + timedelta(days=chance.near(chance.one(need.lasts, need.lasts + 30, 180)))
    running = chance.often(25) or end > page.as_of
    way = chance.weighted(months=6, start=4, end=3, year=2, undated=3)
    dosages = unknown_dosage(chance) if chance.often(25) else dosage(chance, _milligrams(chance, need), None)
    status = chance.one("active", "active", "on-hold") if running else chance.one("completed", "stopped")
    first = {
        "start": _month(start),
        "months": _month(start),
        "year": start.isoformat()[:4],
        "end": start.isoformat(),
    }
    last = {"start": end.isoformat(), "months": _month(end), "year": end.isoformat(), "end": _month(end)}
    period: dict[str, Any] = {}
    if way != "undated":
        period["start"] = first[way]
    if not running:
        period["end"] = last.get(way)
    period = {name: text for name, text in period.items() if text is not None}
    if chance.often(50):
        resource = page.add(
            "MedicationStatement", status=status, effectivePeriod=period or None, dosage=dosages or None
        )
    else:
        resource = page.add(
            "MedicationRequest",
            status=status,
            intent="order",
            dosageInstruction=dosages or None,
            dispenseRequest={"validityPeriod": period} if period else None,
        )
    place(page, resource, ordered(chance, need.ingredient))
    if chance.often(60):
        write_reason(page, resource)


def _month(day: date) -> str:
    return day.isoformat()[:7]


def write_combination(page: Page, need: Need, product: tuple[str, str]) -> None:
    """A product with another ingredient, alone or after the drug itself."""
    chance = page.chance
    end = page.ago(chance.one(0, chance.between(1, 300)))
    start = end - timedelta(days=chance.near(need.lasts))
    if chance.often(40):
        before = start - timedelta(days=chance.near(need.lasts) + 1)
        piece = Piece(before, start, dosage(chance, need.milligrams * chance.one(1, 2), None))
        _write(page, need, piece, _Ending("completed", "validity"), by_text=False, reasoned=False)
    running = end == page.as_of and chance.often(50)
    resource = page.add(
        "MedicationRequest",
        status="active" if running else "stopped",
        intent="order",
        authoredOn=iso(start),
        dosageInstruction=dosage(chance, 300, None),
        dispenseRequest=None if running else {"validityPeriod": {"start": iso(start), "end": iso(end)}},
        medicationCodeableConcept=coded(product),
    )
    if chance.often(60):
        write_reason(page, resource)


def write_twice(page: Page, need: Need) -> None:
    """An order, and a statement of the same use that need not say quite the same."""
    chance = page.chance
    total = chance.near(chance.one(need.lasts, 180)) + 8
    end = page.ago(chance.one(0, chance.between(1, 300)))
    start = end - timedelta(days=total)
    milligrams = _milligrams(chance, need)
    for statement in (False, True):
        shift = timedelta(days=chance.between(0, 7) if statement else 0)
        same = milligrams if chance.often(70) else _milligrams(chance, need)
        dosages = [] if chance.often(20) else dosage(chance, same, None)
        piece = Piece(start + shift, end - timedelta(days=chance.one(0, 0, 5)), dosages)
        ending = _Ending("stopped", "period" if statement else "validity")
        if chance.often(20):
            ending = _Ending("active", "running_period" if statement else "nothing")
        _write(page, need, piece, ending, by_text=False, reasoned=chance.often(50))


def write_given(page: Page, need: Need) -> None:
    """Administrations beside an order, and alone."""
    chance = page.chance
    for days_ago in chance.some(range(1, 60), chance.between(1, 3)):
        day = iso(page.ago(days_ago))
        when = (
            {"effectiveDateTime": day}
            if chance.often(50)
            else {"effectivePeriod": {"start": day, "end": day}}
        )
        stands = chance.one("completed", "completed", "completed", "not-done", "entered-in-error")
        resource = page.add("MedicationAdministration", status=stands, **when)
        place(page, resource, ordered(chance, need.ingredient))


def _pieces(page: Page, need: Need, end: date, total: int) -> list[Piece]:
    chance = page.chance
    shape = chance.weighted(plain=6, split=3, titrated=4, unknown=2, needed=1, ranged=1, tapered=2)
    milligrams = _milligrams(chance, need)
    start = end - timedelta(days=total)
    strength = None
    if shape == "titrated":
        return _titrated(chance, need, end, total)
    if shape == "split":
        return _split(chance, need, start, end, milligrams)
    if shape == "unknown":
        return [Piece(start, end, unknown_dosage(chance), strength)]
    if shape == "needed":
        return [Piece(start, end, as_needed(milligrams), strength)]
    if shape == "ranged":
        return [
            Piece(start, end, a_range(milligrams, milligrams + chance.one(0, 1, need.milligrams)), strength)
        ]
    if shape == "tapered":
        first, second = chance.near(need.held) + 1, chance.between(1, 20)
        steps: list[tuple[float, int | None]] = [
            (milligrams, first),
            (need.milligrams // 2, second),
            (1, None),
        ]
        return [Piece(start, end, taper(steps), strength)]
    return [Piece(start, end, dosage(chance, milligrams, None), strength)]


def _milligrams(chance: Chance, need: Need) -> int:
    least = need.milligrams
    return max(1, chance.one(least, least, least - 1, least + 1, least * 2, least // 2, least + least // 3))


def _titrated(chance: Chance, need: Need, end: date, total: int) -> list[Piece]:
    """A low dose, then the full one for about as long as it must be held."""
    at_dose = min(total, max(1, chance.near(need.held)))
    turn = end - timedelta(days=at_dose)
    low = dosage(chance, max(1, need.milligrams // 2), None)
    full = dosage(chance, _milligrams(chance, need), None)
    if total == at_dose:
        return [Piece(turn, end, full)]
    return [Piece(end - timedelta(days=total), turn, low), Piece(turn, end, full)]


def _split(chance: Chance, need: Need, start: date, end: date, milligrams: int) -> list[Piece]:
    """Two orders with about as long a gap as is allowed, or none, or an overlap."""
    gap = chance.one(0, 1, need.gap, need.gap + 1, need.gap - 1, -3)
    length = (end - start).days
    first = chance.between(1, max(1, length - 3 if gap < 0 else length))
    dosages = [
        dosage(chance, milligrams, None),
        dosage(chance, chance.one(milligrams, _milligrams(chance, need)), None),
    ]
    if gap < 0 and length < 5:
        gap = 0
    middle = start + timedelta(days=first)
    shift = timedelta(days=gap)
    return (
        [Piece(start - shift, middle - shift, dosages[0]), Piece(middle, end, dosages[1])]
        if middle < end
        else [Piece(start, end, dosages[0])]
    )


@dataclass(frozen=True)
class _Ending:
    """How an order says that it is over, or that it goes on."""

    status: str
    says: str
    """``bounds``, ``validity``, ``supply``, ``period``; ``nothing``; ``later`` for an end to come."""

    @classmethod
    def closed(cls, chance: Chance) -> _Ending:
        """An order that another one follows."""
        return cls(
            chance.one("completed", "stopped"), chance.weighted(bounds=3, validity=2, supply=3, period=2)
        )

    @classmethod
    def over(cls, chance: Chance, *, alone: bool) -> _Ending:
        """The last order of an episode that is over."""
        if alone and chance.often(6):
            return cls("stopped", "nothing")
        if chance.often(12):
            return cls("active", chance.one("supply", "supply", "bounds", "period"))
        return cls(
            chance.one("completed", "stopped", "stopped"),
            chance.weighted(bounds=4, validity=3, supply=2, period=3),
        )

    @classmethod
    def running(cls, chance: Chance) -> _Ending:
        """An order that goes on."""
        if chance.often(6):
            return cls("on-hold", "nothing")
        if chance.often(10):
            return cls("completed", "supply-left")
        return cls("active", chance.weighted(nothing=6, later=2, running_period=2, supply_left=2))


def _write(page: Page, need: Need, piece: Piece, ending: _Ending, *, by_text: bool, reasoned: bool) -> None:
    chance = page.chance
    drug = ordered(chance, need.ingredient, by_text=by_text)
    if drug.strength is not None and chance.often(50):
        piece = Piece(piece.start, piece.end, _in_pieces(chance, piece, drug.strength))
    statement = ending.says in ("period", "running_period")
    resource = _as_statement(page, piece, ending) if statement else _as_request(page, piece, ending)
    place(page, resource, drug)
    _write_route(page, need, resource)
    if reasoned:
        write_reason(page, resource)


def _in_pieces(chance: Chance, piece: Piece, strength: float) -> list[Resource]:
    """The same dosages; a single plain one may be told in tablets."""
    if len(piece.dosages) != 1 or "asNeededBoolean" in piece.dosages[0]:
        return piece.dosages
    given = piece.dosages[0].get("doseAndRate", [{}])[0].get("doseQuantity", {})
    repeat = piece.dosages[0].get("timing", {}).get("repeat", {})
    if given.get("unit") != "mg" or repeat.get("frequency") != 1 or repeat.get("periodUnit") != "d":
        return piece.dosages
    return dosage(chance, given["value"], strength)


def _as_statement(page: Page, piece: Piece, ending: _Ending) -> Resource:
    period = {"start": iso(piece.start)}
    if ending.says == "period":
        period["end"] = iso(piece.end)
    return page.add(
        "MedicationStatement", status=ending.status, effectivePeriod=period, dosage=piece.dosages or None
    )


def _as_request(page: Page, piece: Piece, ending: _Ending) -> Resource:
    chance, days = page.chance, (piece.end - piece.start).days
    says = ending.says
    if says == "bounds" and not _can_be_bounded(piece.dosages):
        says = "validity"
    dispense: dict[str, Any] = {}
    dosages = piece.dosages
    if says == "bounds":
        dosages = [_bounded(d, piece.start, piece.end) for d in dosages]
    if says in ("validity", "later"):
        end = piece.end if says == "validity" else page.as_of + timedelta(days=chance.between(1, 400))
        dispense["validityPeriod"] = {"start": iso(piece.start), "end": iso(end)}
    if says == "supply":
        dispense |= _supply(chance, days)
    if says in ("supply_left", "supply-left"):
        dispense["expectedSupplyDuration"] = quantity(days + chance.between(1, 90), "d")
    written = (
        piece.start - timedelta(days=chance.one(0, 0, 3))
        if says in ("bounds", "validity", "later")
        else piece.start
    )
    return page.add(
        "MedicationRequest",
        status=ending.status,
        intent=chance.one("order", "order", "original-order", "instance-order"),
        authoredOn=_instant(chance, written),
        dosageInstruction=dosages or None,
        dispenseRequest=dispense or None,
    )


def _instant(chance: Chance, day: date) -> str:
    """A day, or an instant of it in some offset."""
    return day.isoformat() + chance.one("", "", "", "T09:30:00Z", "T23:30:00-08:00", "T00:15:00+02:00")


def _supply(chance: Chance, days: int) -> dict[str, Any]:
    fills = chance.one(*[n for n in (1, 2, 3, 7) if days % n == 0 and days >= n])
    found: dict[str, Any] = {"expectedSupplyDuration": quantity(days // fills, "d")}
    if fills > 1:
        found["numberOfRepeatsAllowed"] = fills - 1
    return found


def _can_be_bounded(dosages: Sequence[Resource]) -> bool:
    return bool(dosages) and not any(
        "boundsDuration" in d.get("timing", {}).get("repeat", {}) for d in dosages
    )


def _bounded(given: Resource, start: date, end: date) -> Resource:
    timing = dict(given.get("timing", {}))
    timing["repeat"] = {**timing.get("repeat", {}), "boundsPeriod": {"start": iso(start), "end": iso(end)}}
    return {**given, "timing": timing}


def _write_route(page: Page, need: Need, resource: Resource) -> None:
    if need.route is None or not page.chance.often(40):
        return
    route = need.route if page.chance.often(70) else page.chance.one("intrathecal", "intravenous")
    for given in resource.get("dosageInstruction") or resource.get("dosage") or []:
        given["route"] = of_set(page.chance, f"route-{route}")


def write_reason(page: Page, resource: Resource) -> None:
    """Say why it ended: by a code, by words, or by both, which need not agree."""
    chance = page.chance
    way = chance.weighted(code=5, text=3, both=1, neither=1)
    reason: Resource = {}
    if way in ("code", "both"):
        reason = of_set(chance, chance.weighted(**CODED_REASONS))
    if way in ("text", "both"):
        text = chance.of(list(sentences()))
        if chance.often(40) and way == "text":
            reason["text"] = text
        else:
            resource["note"] = [{"text": text}]
    if way == "neither" and chance.often(50):
        resource["note"] = [{"text": chance.of([t for t, says in sentences().items() if not says])}]
    if reason:
        resource["statusReason"] = [reason] if resource["resourceType"] == "MedicationStatement" else reason
