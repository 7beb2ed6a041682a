"""What a client sent along with a call, key by key, and what each key means for the type it stands for.

The states are those of CDS Hooks 2.0.1, Prefetch template: absent, known (empty or not), partial, failed.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cds_service.fhir.needs import DataNeeds, Need
from cds_service.fhir.pages import Owner, Page, Reading, page_of, patient_aliases, read_pages
from cds_service.records.decode import DecodedCall
from cds_service.records.resources import AnyResource, Bundle, BundleEntry, OperationOutcome, Patient

logger = logging.getLogger(__name__)


class State(StrEnum):
    """How much a prefetch key says."""

    ABSENT = "absent"
    """Not sent, or sent as something that cannot be the answer: fetch it, or do without."""
    KNOWN = "known"
    """All there is, which may be nothing."""
    PARTIAL = "partial"
    """Some of it: more pages, lost resources, or only resources of other patients."""
    FAILED = "failed"
    """The client asked and got no answer: asking again is no use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefetched:
    """One key: its state, what was sent, and where it goes on."""

    state: State
    pages: tuple[Page, ...] = ()
    reading: Reading = field(default_factory=Reading)

    @property
    def next_link(self) -> str | None:
        """The address of the page after those that were sent."""
        return self.pages[-1].next_link if self.pages else None

    @property
    def is_replaceable(self) -> bool:
        """True when the query has to be asked anew: what was sent neither answers it nor leads on to the rest."""
        unanswered = self.reading.short or self.reading.is_about_others
        return self.state is State.ABSENT or (
            self.state is State.PARTIAL and unanswered and self.next_link is None
        )


def owner_of_call(decoded: DecodedCall, needs: DataNeeds, patient_id: str) -> Owner:
    """Return whom the call is about, with the address under which its Patient was sent."""
    aliases: list[str] = []
    for need in needs.of_types((Patient.__name__,)):
        sent = (decoded.call.prefetch or {}).get(need.key)
        if isinstance(sent, Bundle):
            aliases += patient_aliases(sent, patient_id)
    return Owner(patient_id, aliases)


def read_prefetch(decoded: DecodedCall, needs: DataNeeds, owner: Owner) -> Mapping[str, Prefetched]:
    """Return the state of every need, by resource type; keys that nobody asked for are ignored."""
    return {need.resource_type: _read_key(decoded, need, owner) for need in needs.needs}


def _read_key(decoded: DecodedCall, need: Need, owner: Owner) -> Prefetched:
    sent = decoded.call.prefetch or {}
    if need.key in decoded.unusable:
        return _wrong(need, "wrong-type")
    if need.key not in sent:
        return Prefetched(state=State.ABSENT)
    value = sent[need.key]
    if value is None:
        return Prefetched(state=State.KNOWN)
    if isinstance(value, OperationOutcome):
        return _failed(need, ())
    page = page_of(_as_bundle(value), decoded.unreadable.get(need.key, {}))
    reading = read_pages((page,), need.resource_type, owner)
    if page.failed:
        return _failed(need, (page,), reading)
    if not reading.is_answer:
        return _wrong(need, "other-resource-type")
    state = State.KNOWN if reading.is_whole and page.next_link is None else State.PARTIAL
    return Prefetched(state=state, pages=(page,), reading=reading)


def _as_bundle(value: AnyResource) -> Bundle:
    """A bare resource stands for a Bundle of it, and the reverse (PRE-30)."""
    return value if isinstance(value, Bundle) else Bundle(entry=(BundleEntry(resource=value),))


def _failed(need: Need, pages: tuple[Page, ...], reading: Reading | None = None) -> Prefetched:
    logger.info(
        "prefetch failed at the client",
        extra={"resource_type": need.resource_type, "reason": "operation-outcome"},
    )
    return Prefetched(state=State.FAILED, pages=pages, reading=reading or Reading())


def _wrong(need: Need, reason: str) -> Prefetched:
    logger.warning("prefetch not usable", extra={"resource_type": need.resource_type, "reason": reason})
    return Prefetched(state=State.ABSENT)
