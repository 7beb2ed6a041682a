"""From a valid request to cards: gather, build the timeline, evaluate, write the cards."""

from __future__ import annotations

import logging
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
from cds_service.timeline.build import build_timeline
from cds_service.timeline.events import Timeline

logger = logging.getLogger(__name__)

_FIRST_TYPES = frozenset({"Condition", "MedicationRequest", "Procedure"})


class RuleAdviser:
    """Judges requests by a ruleset; holds nothing of any patient between calls."""

    def __init__(self, rules: Ruleset, gatherer: Gatherer, settings: Settings) -> None:
        self._rules = rules
        self._gatherer = gatherer
        self._settings = settings
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
        records = self._gatherer.gather(
            request.call,
            needs=self.needs(request.hook),
            second_stage=lambda first: self._further(first, request, as_of),
            started=request.started,
        )
        timeline = self._timeline(records, request, as_of)
        evaluation, engine = evaluate(self._rules, timeline, hook=request.hook, on_bug=_log_bug)
        chart = Chart(
            patient_id=request.patient_id,
            encounter_id=request.encounter_id,
            original=_originals(request),
        )
        options = CardOptions(
            most=self._settings.cards_per_call, client=request.client, hook_instance=request.hook_instance
        )
        return _advice(cards_for(evaluation, engine, chart, options), evaluation, timeline, self._rules)

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

    def _further(self, first: PatientRecords, request: HookRequest, as_of: date) -> frozenset[str]:
        """Return the types that rules still need once diagnoses, orders, procedures and drafts are known."""
        timeline = self._timeline(first, request, as_of)
        unread = frozenset(RESOURCE_TYPES) - _FIRST_TYPES
        open_timeline = replace(timeline, incomplete=timeline.incomplete | unread)
        return further_types(self._rules, open_timeline, hook=request.hook)


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
        unknown_codes=timeline.unknown_codes,
    )


def _log_bug(rule: str, bug: Exception) -> None:
    """Log where a rule broke; the formatter keeps its message back, which may hold what a record says."""
    logger.error("rule broke", extra={"rule": rule}, exc_info=bug)


def _originals(request: HookRequest) -> Callable[[str], Mapping[str, Any] | None]:
    """Return a look-up of the resources of the call's prefetch and drafts, whole, parsed only when first asked."""
    found: dict[str, Mapping[str, Any]] | None = None

    def original(reference: str) -> Mapping[str, Any] | None:
        nonlocal found
        if found is None:
            found = _all_resources(orjson.loads(request.call.body))
        return found.get(reference)

    return original


def _all_resources(body: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    context, prefetch = body.get("context"), body.get("prefetch")
    holders = [context.get("draftOrders")] if isinstance(context, dict) else []
    holders += list(prefetch.values()) if isinstance(prefetch, dict) else []
    found: dict[str, Mapping[str, Any]] = {}
    for holder in holders:
        entries = holder.get("entry") if isinstance(holder, dict) else None
        for entry in entries if isinstance(entries, list) else ():
            resource = entry.get("resource") if isinstance(entry, dict) else None
            if isinstance(resource, dict) and "resourceType" in resource and "id" in resource:
                found[f"{resource['resourceType']}/{resource['id']}"] = resource
    return found
