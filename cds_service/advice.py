"""From a valid request to cards: gather, build the timeline, evaluate, write the cards."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import orjson

from cds_service.cards.build import CardOptions, cards_for
from cds_service.cards.suggestions import Chart
from cds_service.evaluate.engine import evaluate, further_types
from cds_service.evaluate.findings import Evaluation
from cds_service.fhir.gather import Gatherer
from cds_service.fhir.needs import RESOURCE_TYPES, DataNeeds, needs_of
from cds_service.hooks.request import HookRequest
from cds_service.hooks.services import INCOMPLETE, Advice
from cds_service.records.patient import PatientRecords
from cds_service.ruleset.ruleset import Ruleset
from cds_service.settings import Settings
from cds_service.terminology.formats import code_fault, has_shape
from cds_service.terminology.systems import SystemTable
from cds_service.timeline.build import build_timeline
from cds_service.timeline.events import Timeline

logger = logging.getLogger(__name__)

_FIRST_TYPES = frozenset({"Condition", "MedicationRequest", "Procedure"})


class RuleAdviser:
    """Judges requests by a ruleset; holds nothing of any patient between calls.

    ``disabled`` returns the rules that give no card now; when it is left out, those of the ruleset.
    """

    def __init__(
        self,
        rules: Ruleset,
        gatherer: Gatherer,
        settings: Settings,
        *,
        disabled: Callable[[], frozenset[str]] | None = None,
    ) -> None:
        self._rules = rules
        self._gatherer = gatherer
        self._settings = settings
        self._disabled = disabled or (lambda: rules.disabled)
        self._needs: dict[str, DataNeeds] = {}

    def needs(self, hook: str) -> DataNeeds:
        """Return what the rules of a hook read, worked out once."""
        if hook not in self._needs:
            self._needs[hook] = needs_of(self._rules, hook)
        return self._needs[hook]

    def advise(self, request: HookRequest) -> Advice:
        """Return the cards of a call.

        :raises DataUnavailable: required data can be had neither from prefetch nor from the FHIR server.
        """
        as_of = self._as_of(request)
        rules = self._in_force()
        records = self._gatherer.gather(
            request.call,
            needs=self.needs(request.hook),
            second_stage=lambda first: self._further(first, request, as_of, rules),
            started=request.started,
        )
        timeline = self._timeline(records, request, as_of)
        evaluation, engine = evaluate(rules, timeline, hook=request.hook, on_bug=_log_bug)
        chart = Chart(
            patient_id=request.patient_id,
            encounter_id=request.encounter_id,
            original=_originals(request, records),
        )
        options = CardOptions(
            base_url=self._settings.code_systems_base,
            most=self._settings.cards_per_call,
            client=request.client,
            hook_instance=request.hook_instance,
        )
        return _advice(cards_for(evaluation, engine, chart, options), evaluation, timeline, rules)

    def _in_force(self) -> Ruleset:
        """Return the rules for one call: what is disabled meanwhile holds from the next one."""
        disabled = self._disabled()
        if disabled != self._rules.disabled:
            self._rules = replace(self._rules, disabled=disabled)
        return self._rules

    def _as_of(self, request: HookRequest) -> date:
        """Return the day of judgement: the calendar day in the client's time zone."""
        return request.received_at.astimezone(self._settings.zone_of(request.fhir_server)).date()

    def _timeline(self, records: PatientRecords, request: HookRequest, as_of: date) -> Timeline:
        now: datetime = request.received_at
        return build_timeline(
            records,
            drafts=request.draft_orders,
            selections=request.selections,
            meaning=self._rules.terminology,
            as_of=as_of,
            now=now,
        )

    def _further(
        self, first: PatientRecords, request: HookRequest, as_of: date, rules: Ruleset
    ) -> frozenset[str]:
        """Return the types that rules still need once diagnoses, orders, procedures and drafts are known."""
        timeline = self._timeline(first, request, as_of)
        unread = frozenset(RESOURCE_TYPES) - _FIRST_TYPES
        open_timeline = replace(timeline, incomplete=timeline.incomplete | unread)
        return further_types(rules, open_timeline, hook=request.hook)


def _advice(
    cards: list[dict[str, Any]], evaluation: Evaluation, timeline: Timeline, rules: Ruleset
) -> Advice:
    extension = None
    if evaluation.incomplete or evaluation.broken:
        reads_them = {r.id for r in rules.rules if rules.types_of(r) & evaluation.incomplete}
        touched = sorted({*(evaluation.undecided.keys() & reads_them), *evaluation.broken})
        incomplete = {"types": sorted(evaluation.incomplete), "rules": touched}
        extension = {INCOMPLETE: {k: v for k, v in incomplete.items() if v}}
    return Advice(
        cards=cards,
        extension=extension or None,
        broken=tuple(sorted(evaluation.broken)),
        unknown_codes=_by_system(timeline.unknown_codes, rules.terminology.systems),
        unknown_listed=_listed(timeline.unknown_codes, rules.terminology.systems),
    )


def _by_system(unknown: Mapping[tuple[str, str], int], systems: SystemTable) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for (key, _), count in unknown.items():
        counts[_uri(key, systems)] += count
    return dict(counts)


def _listed(unknown: Mapping[tuple[str, str], int], systems: SystemTable) -> dict[tuple[str, str], int]:
    """Return the codes that cannot be anything but codes: of a known system, and of its shape."""
    return {
        (_uri(key, systems), code): count
        for (key, code), count in unknown.items()
        if key in systems.by_key
        and has_shape(systems.by_key[key].format)
        and code_fault(systems.by_key[key].format, code) is None
    }


def _uri(key: str, systems: SystemTable) -> str:
    return systems.by_key[key].uri if key in systems.by_key else key


def _log_bug(rule: str, bug: Exception) -> None:
    """Log where a rule broke; the formatter keeps its message back, which may hold what a record says."""
    logger.error("rule broke", extra={"rule": rule}, exc_info=bug)


def _originals(request: HookRequest, records: PatientRecords) -> Callable[[str], Mapping[str, Any] | None]:
    """Return a look-up of every resource of a call, sent or fetched, whole; nothing is parsed before it is asked."""
    found: dict[str, Mapping[str, Any]] | None = None

    def original(reference: str) -> Mapping[str, Any] | None:
        nonlocal found
        if found is None:
            found = _all_resources(request, records)
        return found.get(reference)

    return original


def _all_resources(request: HookRequest, records: PatientRecords) -> dict[str, Mapping[str, Any]]:
    """Return all resources by reference; a draft goes before a record with its id."""
    body = _parsed(request.call.body) or {}
    context, prefetch = body.get("context"), body.get("prefetch")
    holders = [_parsed(answer) for answer in records.bodies]
    holders += list(prefetch.values()) if isinstance(prefetch, dict) else []
    holders += [context.get("draftOrders")] if isinstance(context, dict) else []
    return {
        f"{resource['resourceType']}/{resource['id']}": resource
        for holder in holders
        for resource in _resources_in(holder)
        if isinstance(resource, dict) and "resourceType" in resource and "id" in resource
    }


def _parsed(body: bytes) -> Any:
    """Return the document; None for one that this reader refuses though the records could be read (nested very deeply)."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _resources_in(holder: Any) -> list[Any]:
    """Return the resources of a Bundle; one that came without a Bundle, or without an array, is one."""
    entries = holder.get("entry") if isinstance(holder, dict) else None
    if entries is None:
        return [holder]
    listed = entries if isinstance(entries, list) else [entries]
    return [entry.get("resource") for entry in listed if isinstance(entry, dict)]
