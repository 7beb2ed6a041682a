"""Gathers a patient's records for one call: prefetch first, the client's FHIR server for the rest, in stages.

The first stage brings the types without which there is no answer; what they say decides which others are worth
reading. All of it shares one time budget, and nothing outlives the call.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from cds_service.clock import Clock
from cds_service.errors import DataUnavailable, InvalidHookRequest
from cds_service.fhir.budget import Budget
from cds_service.fhir.client import FhirClient, Trouble
from cds_service.fhir.collect import Collection
from cds_service.fhir.needs import DataNeeds, Need, medications_by_id
from cds_service.fhir.origins import FhirServer, NoServer, server_of
from cds_service.fhir.pages import Owner, Reading, read_pages
from cds_service.fhir.prefetch import Prefetched, State, owner_of_call, read_prefetch
from cds_service.fhir.query import Observer, Query, run_all
from cds_service.records.decode import DecodedCall
from cds_service.records.patient import PatientRecords
from cds_service.records.references import normalized
from cds_service.records.resources import Medication
from cds_service.settings import Settings

logger = logging.getLogger(__name__)

SecondStage = Callable[[PatientRecords], frozenset[str]]
"""Given what the first stage found, names the further types that rules may still need."""

_MEDICATIONS_AT_ONCE = 50
_SHARE_OF_MEDICATIONS = 0.5
"""How much of the time left Medications may take before the second stage, which needs the rest."""


class Gatherer:
    """Gathers records for many calls at a time; owns the process's FHIR connections and the threads that use them."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock,
        client: FhirClient | None = None,
        observe: Observer | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._client = client if client is not None else FhirClient(settings, clock=clock)
        self._observe = observe
        self._executor = ThreadPoolExecutor(max_workers=settings.fhir_threads, thread_name_prefix="fhir")

    def close(self) -> None:
        """End all threads and connections."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    def gather(
        self,
        decoded: DecodedCall,
        *,
        needs: DataNeeds,
        second_stage: SecondStage,
        started: float | None = None,
    ) -> PatientRecords:
        """Return the records of the call's patient: the required types, and those that ``second_stage`` names.

        Other types are there too when the client sent them whole. A type that was wanted and could not be had, or not
        in full, is in ``incomplete``. ``started`` is the monotonic time at which the call came in, from which the
        budget and the life of its token count; now, when not given.

        :raises DataUnavailable: a required type can be had neither from prefetch nor from the FHIR server.
        :raises InvalidHookRequest: the call names no patient.
        """
        context = decoded.call.context
        if context is None or not context.patientId:
            raise InvalidHookRequest("context.patientId is missing")
        patient_id = context.patientId.removeprefix("Patient/")
        server = server_of(
            decoded.call.fhirServer,
            decoded.call.fhirAuthorization,
            patient_id=patient_id,
            settings=self._settings,
        )
        owner = owner_of_call(decoded, needs, patient_id)
        gathering = _Gathering(
            needs=needs,
            owner=owner,
            prefetched=read_prefetch(decoded, needs, owner),
            collection=Collection(owner, context.draftOrders),
            desk=self._desk(server, started),
            page_size=self._settings.fhir_page_size,
        )
        return gathering.run(second_stage)

    def _desk(self, server: FhirServer | NoServer, started: float | None) -> _Desk:
        budget = Budget(self._clock, self._settings.call_budget_seconds, since=started)
        if isinstance(server, FhirServer) and server.expires_in is not None:
            budget = budget.cut_to(Budget(self._clock, server.expires_in, since=started))
        return _Desk(
            server=server,
            budget=budget,
            client=self._client,
            executor=self._executor,
            observe=self._observe,
        )


@dataclass(frozen=True, kw_only=True)
class _Desk:
    """Where one call puts its questions to its FHIR server, if it has one."""

    server: FhirServer | NoServer
    budget: Budget
    client: FhirClient
    executor: ThreadPoolExecutor
    observe: Observer | None

    def ask(self, queries: Sequence[Query], budget: Budget | None = None) -> tuple[Query, ...]:
        """Run queries side by side; without a server, or without queries, there are no answers."""
        if not queries or isinstance(self.server, NoServer):
            return ()
        return run_all(
            queries,
            executor=self.executor,
            client=self.client,
            server=self.server,
            budget=budget if budget is not None else self.budget,
            observe=self.observe,
        )


class _Gathering:
    """The gathering for one call."""

    def __init__(
        self,
        *,
        needs: DataNeeds,
        owner: Owner,
        prefetched: Mapping[str, Prefetched],
        collection: Collection,
        desk: _Desk,
        page_size: int,
    ) -> None:
        self._needs = needs
        self._owner = owner
        self._prefetched = prefetched
        self._collection = collection
        self._desk = desk
        self._page_size = page_size
        self._done: set[str] = set()
        self._medications_asked_for: set[str] = set()

    def run(self, second_stage: SecondStage) -> PatientRecords:
        self._take_what_is_whole()
        self._obtain(self._needs.first)
        # Rules can only be ruled out when it is known which drugs were ordered.
        self._obtain_medications(self._desk.budget.share(_SHARE_OF_MEDICATIONS))
        if any(need.resource_type not in self._done for need in self._needs.needs):
            self._obtain(self._wanted(second_stage(self._collection.records())))
            self._obtain_medications(self._desk.budget)
        return self._collection.records()

    def _take_what_is_whole(self) -> None:
        for need in self._needs.needs:
            sent = self._prefetched[need.resource_type]
            if sent.state is State.KNOWN:
                self._add(need, sent.reading, whole=True)

    def _wanted(self, types: frozenset[str]) -> tuple[Need, ...]:
        needs = self._needs.of_types(types)
        for unforeseen in types - {need.resource_type for need in needs} - {Medication.__name__}:
            logger.error("rules want a type that they did not announce", extra={"resource_type": unforeseen})
            self._collection.miss(unforeseen)
        return needs

    def _obtain(self, needs: Iterable[Need]) -> None:
        """Get the rest of some types from the server.

        What cannot be had is missed; when it is required, and nothing of it is there, that is the end of the call.
        """
        open_needs = [need for need in needs if need.resource_type not in self._done]
        queries: dict[Need, Query] = {}
        hopeless: dict[str, str] = {}
        for need in open_needs:
            query = self._query(need)
            if isinstance(query, Query):
                queries[need] = query
            elif need.required and not self._has_some(need):
                hopeless[need.resource_type] = query
        _refuse(hopeless)
        answers = dict(zip(queries, self._desk.ask(list(queries.values())), strict=True))
        missing: dict[str, str] = {}
        for need in open_needs:
            reason = self._settle(need, answers.get(need))
            if need.required and reason is not None:
                missing[need.resource_type] = reason
        _refuse(missing)

    def _query(self, need: Need) -> Query | str:
        """Return what has to be asked of the server, or the reason why that cannot be done or is no use."""
        sent, server = self._prefetched[need.resource_type], self._desk.server
        if sent.state is State.FAILED:
            return Trouble.OUTCOME.value
        if isinstance(server, NoServer):
            return server.value
        if sent.is_replaceable:
            path = need.path(self._owner.patient_id, page_size=self._page_size)
            return Query(need.resource_type, server.url(path))
        url = None if sent.next_link is None else server.next_page(server.url(""), sent.next_link)
        return Trouble.OTHER_ORIGIN.value if url is None else Query(need.resource_type, url)

    def _has_some(self, need: Need) -> bool:
        return self._prefetched[need.resource_type].state is State.PARTIAL

    def _settle(self, need: Need, answer: Query | None) -> str | None:
        """Take what was sent and what was answered; return the reason when neither is an answer at all."""
        sent = self._prefetched[need.resource_type]
        complete = answer is not None and answer.trouble is None
        answered = answer.pages if answer is not None else ()
        pages = answered if complete and sent.is_replaceable else (*sent.pages, *answered)
        reading = read_pages(pages, need.resource_type, self._owner)
        is_answered = answer is not None and answer.is_answered and reading.is_answer
        if is_answered or self._has_some(need) or (reading.ours and not need.required):
            self._add(need, reading, whole=complete)
            return None
        self._collection.miss(need.resource_type)
        return str(answer.trouble or Trouble.NOT_FHIR) if answer is not None else "not-readable"

    def _add(self, need: Need, reading: Reading, *, whole: bool) -> None:
        self._collection.add(need.resource_type, reading, whole=whole)
        self._done.add(need.resource_type)

    def _obtain_medications(self, budget: Budget) -> None:
        """Ask for the Medications that orders refer to and nobody has sent; those not found stay unresolved."""
        server = self._desk.server
        if isinstance(server, NoServer):
            return
        ids = [
            i
            for reference in self._collection.unresolved()
            if (i := self._id_at(server, reference)) is not None
        ]
        batches = [ids[n : n + _MEDICATIONS_AT_ONCE] for n in range(0, len(ids), _MEDICATIONS_AT_ONCE)]
        queries = [Query(Medication.__name__, server.url(medications_by_id(batch))) for batch in batches]
        for answer in self._desk.ask(queries, budget):
            self._collection.add_medications(read_pages(answer.pages, Medication.__name__, self._owner))

    def _id_at(self, server: FhirServer, reference: str) -> str | None:
        """Return the id of a Medication on the server that was not asked for yet; None for one that lives elsewhere."""
        target = normalized(reference) or ""
        elsewhere = "://" in reference and not reference.startswith(f"{server.base}/")
        if elsewhere or not target.startswith("Medication/") or target in self._medications_asked_for:
            return None
        self._medications_asked_for.add(target)
        return target.removeprefix("Medication/")


def _refuse(reasons: Mapping[str, str]) -> None:
    """Give up when required types are missing; the message names types and reasons, never the patient."""
    if reasons:
        named = "; ".join(f"{name} ({reason})" for name, reason in sorted(reasons.items()))
        raise DataUnavailable(f"Could be had neither from prefetch nor from the FHIR server: {named}")
