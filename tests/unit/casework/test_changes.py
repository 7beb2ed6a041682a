"""Patients as changed copies: one visible difference a case."""

from __future__ import annotations

import pytest

from cds_service.casework.changes import CannotChange, described
from cds_service.casework.format import PatientSpec
from cds_service.casework.items import OrderItem
from cds_service.ruleset.yaml_file import parse_yaml

ROSA = """\
story: Two drugs failed.
born: 1964-03-01
sex: female
history:
  - {condition: trigeminal-neuralgia}
  - {order: carbamazepine, daily: 1200 mg, from: 2025-01-10, to: 2025-03-20}
  - {order: carbamazepine, daily: 400 mg, from: 2026-01-10}
  - {order: {text: something else}}
  - {order: RXNORM 32624, id: second}
"""


def patients(change: str = "[]", **other: str) -> dict[str, PatientSpec]:
    texts = {"rosa": ROSA, "mira": f"story: As Rosa, but.\nlike: rosa\nchange: {change}\n", **other}
    return {
        name: PatientSpec.model_validate(parse_yaml(text, name=name).data) for name, text in texts.items()
    }


def ids(change: str) -> list[str]:
    return list(described("mira", patients(change)).history)


def order(change: str, id_: str) -> OrderItem:
    item = described("mira", patients(change)).history[id_]
    assert isinstance(item, OrderItem)
    return item


def test_items_are_called_by_what_they_are_of() -> None:
    assert list(described("rosa", patients()).history) == [
        "trigeminal-neuralgia",
        "carbamazepine",
        "carbamazepine-2",
        "order",
        "second",
    ]


def test_an_item_replaces_the_one_of_its_name() -> None:
    assert order("[{order: carbamazepine, daily: 599 mg}]", "carbamazepine").daily == "599 mg"
    assert order("[{order: carbamazepine, daily: 599 mg}]", "carbamazepine").to is None
    assert order("[{order: gabapentin, id: carbamazepine-2}]", "carbamazepine-2").what.name == "gabapentin"


def test_edit_replaces_single_words_and_takes_words_out() -> None:
    edited = order("[{edit: carbamazepine, to: 2025-02-05}]", "carbamazepine")
    assert (edited.daily, edited.from_, edited.to) == ("1200 mg", "2025-01-10", "2025-02-05")

    assert order("[{edit: carbamazepine, daily: null}]", "carbamazepine").daily is None
    assert order("[{edit: carbamazepine, status: null}]", "carbamazepine").says("status")


def test_add_and_remove() -> None:
    assert "carbamazepine-3" in ids("[{add: {order: carbamazepine}}]")
    assert "carbamazepine" not in ids("[{remove: carbamazepine}]")


def test_the_person_can_be_changed() -> None:
    person = described("mira", patients("[{patient: {born: 2011-02-03}}]")).person

    assert (person.born, person.sex) == ("2011-02-03", "female")


def test_changes_are_made_in_order_and_copies_of_copies_work() -> None:
    late = "story: As Mira.\nlike: mira\nchange: [{edit: carbamazepine, daily: 300 mg}]\n"
    found = described("late", patients("[{edit: carbamazepine, daily: 200 mg}, {remove: second}]", late=late))

    assert list(found.history) == ["trigeminal-neuralgia", "carbamazepine", "carbamazepine-2", "order"]
    item = found.history["carbamazepine"]
    assert isinstance(item, OrderItem)
    assert item.daily == "300 mg"


def test_the_original_stays_as_it_was() -> None:
    everyone = patients("[{remove: carbamazepine}]")
    described("mira", everyone)

    assert "carbamazepine" in described("rosa", everyone).history


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("[{remove: carbamazepin}]", "no item 'carbamazepin' to change; did you mean 'carbamazepine'?"),
        ("[{edit: nothing, to: 2025}]", "the patient has trigeminal-neuralgia, carbamazepine"),
        ("[{order: gabapentin}]", "no item 'gabapentin' to change"),
        ("[{edit: carbamazepine, dayly: 3 mg}]", "dayly: unknown word 'dayly'; did you mean 'daily'?"),
        ("[{add: {order: x, id: second}}]", "two items have the id 'second'"),
    ],
)
def test_a_change_of_what_is_not_there(change: str, said: str) -> None:
    with pytest.raises(CannotChange) as problem:
        described("mira", patients(change))

    assert said in str(problem.value)


def test_patients_that_are_like_each_other() -> None:
    everyone = patients(zoe="story: x\nlike: ada\n", ada="story: x\nlike: zoe\n")

    with pytest.raises(CannotChange, match="circle: zoe > ada > zoe"):
        described("zoe", everyone)
