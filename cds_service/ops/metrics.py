"""What the service counts, in a Prometheus registry of its own for each application.

Labels take values only from the rules, the hook table and fixed lists, so that neither a client nor a record can add
a label. The numbers are those of one process.
"""

from __future__ import annotations

import collections
from collections.abc import Collection, Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from cds_service.ops.disabled import DisabledLook

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
OTHER = "other"

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0)


class Metrics:
    """Counters of calls, cards, gaps and feedback.

    ``systems`` are the code systems that the rules know, by URI; unknown codes of any other system count as ``other``.
    """

    def __init__(self, *, systems: Collection[str] = ()) -> None:
        self._systems = frozenset(systems)
        self.registry = CollectorRegistry()
        self._counted: dict[tuple[str, int], tuple[Counter, Histogram]] = {}  # spares the look-up of labels
        self._calls = Counter(
            "cds_hook_calls", "Hook calls by hook and HTTP status", ("hook", "status"), registry=self.registry
        )
        self._duration = Histogram(
            "cds_hook_duration_seconds",
            "Time from the first byte read to the answer, by hook",
            ("hook",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._cards = Counter(
            "cds_cards", "Cards returned by rule and indicator", ("rule", "indicator"), registry=self.registry
        )
        self._incomplete_types = Counter(
            "cds_incomplete_answers",
            "Answers given without being able to read a resource type",
            ("type",),
            registry=self.registry,
        )
        self._incomplete_rules = Counter(
            "cds_incomplete_rules",
            "Answers in which a rule could not be decided because data could not be read",
            ("rule",),
            registry=self.registry,
        )
        self._broken = Counter(
            "cds_rule_failures",
            "Evaluations in which a rule broke and gave no card",
            ("rule",),
            registry=self.registry,
        )
        self._rules = Gauge("cds_rules_loaded", "Rules in service", registry=self.registry)
        self._broken_rules = Gauge(
            "cds_rules_broken", "Rules that broke at least once since the start", registry=self.registry
        )
        self._loaded = 0
        self._disabled_rules: frozenset[str] = frozenset()
        self._disabled = Gauge(
            "cds_rule_disabled", "1 for each rule that is disabled", ("rule",), registry=self.registry
        )
        self._disabled_failures = Gauge(
            "cds_disabled_rules_failures",
            "Times that the file of disabled rules could not be read since the start",
            registry=self.registry,
        )
        self._unknown_codes = Counter(
            "cds_unknown_codes",
            "Codes of drugs that no table knows, by code system",
            ("system",),
            registry=self.registry,
        )
        self._queries = Counter(
            "cds_fhir_queries",
            "Queries to clients' FHIR servers by resource type and how they ended",
            ("type", "outcome"),
            registry=self.registry,
        )
        self._feedback = Counter(
            "cds_feedback_entries", "Feedback entries by outcome", ("outcome",), registry=self.registry
        )
        self._unknown_cards = Counter(
            "cds_feedback_unknown_cards",
            "Feedback entries on cards that are not on record",
            registry=self.registry,
        )
        self._remembered = Counter(
            "cds_cards_remembered", "Cards written to the store", registry=self.registry
        )
        self._forgotten = Counter(
            "cds_cards_not_remembered",
            "Cards that could not be written, by reason",
            ("reason",),
            registry=self.registry,
        )
        self._unexpected = Counter(
            "cds_unexpected_errors", "Calls answered with status 500", registry=self.registry
        )

    def call_answered(self, hook: str, status: int, seconds: float) -> None:
        """Count one call; ``hook`` must come from the hook table or be ``other``."""
        counted = self._counted.get((hook, status))
        if counted is None:
            counted = (self._calls.labels(hook, status), self._duration.labels(hook))
            self._counted[hook, status] = counted
        counted[0].inc()
        counted[1].observe(seconds)

    def card_returned(self, rule: str, indicator: str) -> None:
        """Count one card."""
        self._cards.labels(rule, indicator).inc()

    def answer_incomplete(self, types: Iterable[str], rules: Iterable[str]) -> None:
        """Count an answer that had to do without resource types, and the rules that stayed undecided for it."""
        for resource_type in types:
            self._incomplete_types.labels(resource_type).inc()
        for rule in rules:
            self._incomplete_rules.labels(rule).inc()

    def rules_loaded(self, count: int) -> None:
        """Set how many rules are loaded; those in service are fewer by the disabled ones."""
        self._loaded = count
        self._rules.set(count - len(self._disabled_rules))

    def rules_disabled(self, look: DisabledLook) -> None:
        """Set which rules are disabled, and how often that could not be read."""
        for rule in self._disabled_rules - look.rules:
            self._disabled.remove(rule)
        for rule in look.rules:
            self._disabled.labels(rule).set(1)
        self._disabled_rules = look.rules
        self._disabled_failures.set(look.failures)
        self.rules_loaded(self._loaded)

    def rule_broke(self, rule: str, *, distinct: int) -> None:
        """Count a broken evaluation; ``distinct`` is how many rules have broken so far."""
        self._broken.labels(rule).inc()
        self._broken_rules.set(distinct)

    def codes_unknown(self, counts: Mapping[str, int]) -> None:
        """Count codes of drugs that no table knows; ``counts`` maps a code system URI to a number."""
        for system, count in counts.items():
            self._unknown_codes.labels(system if system in self._systems else OTHER).inc(count)

    def fhir_queried(self, resource_type: str, outcome: str) -> None:
        """Count a query to a client's FHIR server: ``ok``, or the fixed word for what went wrong."""
        self._queries.labels(resource_type, outcome).inc()

    def feedback_taken(self, outcome: str, *, known_card: bool) -> None:
        """Count a stored entry: ``accepted`` or ``overridden``."""
        self._feedback.labels(outcome).inc()
        if not known_card:
            self._unknown_cards.inc()

    def feedback_refused(self, count: int) -> None:
        """Count entries that could not be read."""
        self._feedback.labels("refused").inc(count)

    def feedback_repeated(self, count: int) -> None:
        """Count exact repeats of entries that are stored already."""
        self._feedback.labels("repeated").inc(count)

    def cards_remembered(self, count: int) -> None:
        """Count cards written to the store."""
        self._remembered.inc(count)

    def cards_forgotten(self, count: int, *, reason: str) -> None:
        """Count cards that were shown but not written: ``queue-full``, ``store-failed`` or ``closed``."""
        self._forgotten.labels(reason).inc(count)

    def unexpected_error(self) -> None:
        """Count a call that ended in status 500."""
        self._unexpected.inc()

    def exposition(self) -> bytes:
        """Return all numbers in the Prometheus text format."""
        return generate_latest(self.registry)

    def summary(self) -> dict[str, int]:
        """Return the totals since the start that an operator looks at first."""
        totals: collections.Counter[str] = collections.Counter()
        for family in self.registry.collect():
            totals[family.name] += int(
                sum(s.value for s in family.samples if s.name == f"{family.name}_total")
            )
        return {
            "calls": totals["cds_hook_calls"],
            "cards": totals["cds_cards"],
            "incompleteAnswers": totals["cds_incomplete_answers"],
            "feedbackEntries": totals["cds_feedback_entries"],
            "cardsNotRemembered": totals["cds_cards_not_remembered"],
            "unexpectedErrors": totals["cds_unexpected_errors"],
        }

    def value(self, name: str, labels: Mapping[str, str] | None = None) -> float:
        """Return one sample, 0 when it was never counted."""
        return self.registry.get_sample_value(name, dict(labels or {})) or 0.0
