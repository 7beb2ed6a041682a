"""Speed never changes an answer: the fast pass and the lenient one answer the same bytes.

Once with the same body, read without any of the fast decoders; once with a body that says the same in ways that FHIR does
not allow and real clients use, so that the fast pass refuses it by itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cds_service.records import decode, lenient, members, mend
from cds_service.records.decode import decode_call
from tests.generative.charts import Chart, Json, mapped
from tests.generative.patients import charts
from tests.generative.runs import examples, is_noticed
from tests.generative.service import Service, call_of, running, whole_prefetch


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with running() as started:
        yield started


class Refusing:
    """A decoder that takes nothing, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def decode(self, _raw: object) -> Any:
        self.asked += 1
        raise msgspec.ValidationError("refused")


@contextmanager
def lenient_reading() -> Iterator[Refusing]:
    """Let nothing be read in one go: not the call, not a resource, not a member."""
    refusing = Refusing()
    with pytest.MonkeyPatch.context() as patch:
        for module, name in (
            (decode, "_CALL"),
            (decode, "_RESOURCE"),
            (decode, "_BUNDLE"),
            (lenient, "_ANY_RESOURCE"),
            (lenient, "_ENTRY"),
        ):
            patch.setattr(module, name, refusing)
        for shape in (value for value in vars(members).values() if isinstance(value, members.Shape)):
            patch.setattr(shape, "_decoder", refusing)
        yield refusing


def body_of(chart: Chart) -> bytes:
    return json.dumps(call_of(chart, prefetch=whole_prefetch(chart))).encode()


@examples(70)
@given(chart=charts())
def test_fast_and_lenient_decoding_give_the_same_answer(service: Service, chart: Chart) -> None:
    body = body_of(chart)

    fast = service.answer(body, hook=chart.hook, as_of=chart.as_of)
    with lenient_reading() as refusing:
        slow = service.answer(body, hook=chart.hook, as_of=chart.as_of)

    assert refusing.asked > len(chart.resources)
    assert slow == fast


# ---------------------------------------------------------------- what FHIR does not allow


def without_arrays_of_one(value: Any) -> Any:
    """One object where FHIR wants an array of one."""
    if isinstance(value, dict):
        return {key: without_arrays_of_one(inner) for key, inner in value.items()}
    if isinstance(value, list):
        inner = [without_arrays_of_one(item) for item in value]
        return inner[0] if len(inner) == 1 and isinstance(inner[0], dict) else inner
    return value


def numbers_as_text(value: Any) -> Any:
    """Numbers in quotes."""

    def quoted(_name: str, leaf: Any) -> Any:
        return str(leaf) if isinstance(leaf, int | float) and not isinstance(leaf, bool) else leaf

    return mapped(value, quoted)


def truths_as_text(value: Any) -> Any:
    """``"true"`` for true."""
    return mapped(value, lambda _name, leaf: str(leaf).lower() if isinstance(leaf, bool) else leaf)


ODD: tuple[Callable[[Any], Any], ...] = (without_arrays_of_one, numbers_as_text, truths_as_text)


def odd_body_of(chart: Chart, oddities: list[Callable[[Any], Any]]) -> bytes:
    call = call_of(chart, prefetch=whole_prefetch(chart))
    for odd in oddities:
        call["prefetch"] = odd(call["prefetch"])
        if "draftOrders" in call["context"]:
            call["context"] = {**call["context"], "draftOrders": odd(call["context"]["draftOrders"])}
    return json.dumps(call).encode()


def without_returned_orders(answer: bytes) -> Json:
    """The answer without the orders that it gives back to be stopped: these are returned as they were sent."""
    document: Json = json.loads(answer)
    for card in document["cards"]:
        for suggestion in card.get("suggestions", ()):
            for action in suggestion["actions"]:
                if action["type"] == "update":
                    action["resource"] = "as it was sent"
    return document


@examples(50)
@given(chart=charts(), oddities=st.lists(st.sampled_from(ODD), min_size=1, unique=True))
def test_a_body_that_only_the_lenient_pass_can_read_gets_the_same_answer(
    service: Service, chart: Chart, oddities: list[Callable[[Any], Any]]
) -> None:
    odd = odd_body_of(chart, oddities)
    assume(decode_call(odd).lenient)

    expected = service.answer(body_of(chart), hook=chart.hook, as_of=chart.as_of)
    answer = service.answer(odd, hook=chart.hook, as_of=chart.as_of)

    assert without_returned_orders(answer) == without_returned_orders(expected)


def test_a_lenient_pass_that_loses_members_is_noticed(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "mend", lambda *_: mend.DROPPED)

    def holds(chart: Chart) -> None:
        fast = service.answer(body_of(chart), hook=chart.hook, as_of=chart.as_of)
        with lenient_reading():
            assert service.answer(body_of(chart), hook=chart.hook, as_of=chart.as_of) == fast

    assert is_noticed(charts(), holds, within=50)
