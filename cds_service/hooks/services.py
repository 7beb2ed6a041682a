"""Everything the HTTP face needs from the rest of the service, and the seam to the advice itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from cds_service.clock import Clock
from cds_service.errors import UnknownService
from cds_service.feedback.pseudonym import Pseudonymiser
from cds_service.feedback.recorder import CardRecorder
from cds_service.feedback.shown import ShownCard
from cds_service.feedback.store import FeedbackStore
from cds_service.hooks.discovery import Discovery
from cds_service.hooks.request import HookRequest
from cds_service.hooks.table import Hook
from cds_service.ops.health import Health
from cds_service.ops.metrics import Metrics
from cds_service.ops.unknown_codes import UnknownCodes
from cds_service.records.decode import DecodedCall

INCOMPLETE = "org.cds-service.incomplete"
"""The extension of an answer that had to do without some data: ``{types: […], rules: […]}``."""


@dataclass(frozen=True, kw_only=True)
class Advice:
    """The answer to a call, ready to be sent.

    ``cards`` and ``extension`` go out as they are. ``broken`` names rules that failed by our own fault; ``unknown_codes``
    counts codes of drugs that no table knows, by code system URI, and ``unknown_listed`` those of them that may be listed,
    by system URI and code; ``log`` holds allow-listed fields for the line of this call.
    """

    cards: Sequence[Mapping[str, Any]]
    extension: Mapping[str, Any] | None = None
    broken: Sequence[str] = ()
    unknown_codes: Mapping[str, int] = field(default_factory=dict)
    unknown_listed: Mapping[tuple[str, str], int] = field(default_factory=dict)
    log: Mapping[str, object] = field(default_factory=dict)


class Adviser(Protocol):
    """Judges one request."""

    def advise(self, request: HookRequest) -> Advice:
        """Return cards, or none.

        :raises DataUnavailable: required data can be had neither from prefetch nor from the FHIR server.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Services:
    """What the views work with; built once per application."""

    hooks: Mapping[str, Hook]
    """By service id."""
    discovery: Discovery
    decode: Callable[[bytes], DecodedCall]
    adviser: Adviser
    store: FeedbackStore
    recorder: CardRecorder
    pseudonymiser: Pseudonymiser
    metrics: Metrics
    health: Health
    unknown_codes: UnknownCodes
    clock: Clock
    max_body_bytes: int
    closing: Sequence[Callable[[], None]] = ()
    """What else has to be closed with the application."""

    def hook_of(self, service_id: str) -> Hook:
        """Return the hook that a service answers.

        :raises UnknownService: no service has this id.
        """
        hook = self.hooks.get(service_id)
        if hook is None:
            raise UnknownService("No service has this id; GET /cds-services lists those there are.")
        return hook

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return self.clock.now()

    def remember(self, cards: tuple[ShownCard, ...]) -> None:
        """Hand cards to the recorder; returns at once."""
        self.recorder.remember(cards)
