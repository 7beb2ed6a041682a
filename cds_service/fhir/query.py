"""One query to a FHIR server while it is under way, and running several of them side by side until time is over."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, wait

from cds_service.fhir.budget import Budget
from cds_service.fhir.client import FhirClient, QueryFailed, Trouble
from cds_service.fhir.origins import FhirServer
from cds_service.fhir.pages import Page
from cds_service.fhir.transport import Line
from cds_service.ops.logging import exception_fields

logger = logging.getLogger(__name__)

Observer = Callable[[str, str], None]
"""Told the resource type and the outcome (``ok`` or a ``Trouble``) of each query, to count them."""


class Query:
    """A query that a worker answers while its call waits; what has arrived by the deadline stays usable."""

    def __init__(self, resource_type: str, url: str) -> None:
        self.resource_type = resource_type
        self.pages: tuple[Page, ...] = ()
        """What has arrived so far; replaced as a whole, so that it may be read at any time."""
        self.trouble: Trouble | None = None
        self.status: int | None = None
        self.line = Line()
        self._url = url

    @property
    def is_answered(self) -> bool:
        """True when at least one page came that is an answer."""
        return any(not page.failed for page in self.pages)

    def run(self, client: FhirClient, server: FhirServer, budget: Budget) -> None:
        """Read all pages; what goes wrong ends the query and is remembered."""
        try:
            for page in client.pages(server, self._url, budget=budget, line=self.line):
                self.pages = (*self.pages, page)
        except QueryFailed as failure:
            self.trouble, self.status = failure.trouble, failure.status


def run_all(
    queries: Sequence[Query],
    *,
    executor: Executor,
    client: FhirClient,
    server: FhirServer,
    budget: Budget,
    observe: Observer | None = None,
) -> tuple[Query, ...]:
    """Run queries side by side and return copies of them as they stand when all are done or the time is over.

    Whatever is still under way then is hung up, so that it holds no thread.
    """
    running = [(executor.submit(query.run, client, server, budget), query) for query in queries]
    wait([future for future, _ in running], timeout=budget.remaining())
    settled = tuple(_settled(future, query) for future, query in running)
    for query in settled:
        if observe is not None:
            observe(query.resource_type, query.trouble or "ok")
        if query.trouble is not None:
            logger.warning(
                "fhir query failed",
                extra={
                    "resource_type": query.resource_type,
                    "reason": query.trouble.value,
                    "status": query.status,
                    "pages": len(query.pages),
                },
            )
    return settled


def _settled(future: Future[None], query: Query) -> Query:
    """Return what is known now, out of reach of the worker, which may not have noticed yet that time is over."""
    outcome = Query(query.resource_type, "")
    if not future.done():
        future.cancel()
        query.line.hang_up()
        outcome.pages, outcome.trouble = query.pages, Trouble.OVER_TIME
        return outcome
    outcome.pages, outcome.trouble, outcome.status = query.pages, query.trouble, query.status
    if (bug := future.exception()) is not None:
        # Its message may hold what a record says: only its type and place are told.
        logger.error(
            "fhir query broke", extra={"resource_type": query.resource_type, **exception_fields(bug)}
        )
        outcome.trouble = Trouble.BROKE
    return outcome
