"""The store behind the embedded server: versions, transactions and threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.unit.sandbox.samples import patient


def test_what_was_given_to_the_store_is_not_changed_by_it(store):
    given = patient(meta={"tag": [{"code": "t"}]})
    store.put(given)
    assert given == patient(meta={"tag": [{"code": "t"}]})


def test_a_body_is_there_until_it_is_deleted(store):
    assert store.body("Patient", "p1") is None
    store.put(patient())
    assert store.body("Patient", "p1")["id"] == "p1"
    store.delete("Patient", "p1")
    assert store.body("Patient", "p1") is None
    assert store.find("Patient", "p1").version == 2


def test_all_of_a_type_in_order_of_arrival_without_the_deleted(store):
    for patient_id in ("c", "a", "b"):
        store.put(patient(patient_id))
    store.put(patient("c", gender="male"))
    store.delete("Patient", "a")
    assert [stored.id for stored in store.all_of("Patient")] == ["c", "b"]


def write_and_fail(store):
    with store.transaction():
        store.put(patient("kept", gender="male"))
        store.put(patient("new"))
        store.delete("Patient", "kept")
        raise RuntimeError


def test_an_exception_inside_a_transaction_restores_everything(store):
    store.put(patient("kept", gender="female"))
    with pytest.raises(RuntimeError):
        write_and_fail(store)
    assert store.body("Patient", "kept")["gender"] == "female"
    assert store.find("Patient", "kept").version == 1
    assert store.find("Patient", "new") is None


def test_concurrent_writers_lose_no_version(store):
    with ThreadPoolExecutor(8) as pool:
        versions = list(pool.map(lambda _: store.put(patient()).version, range(400)))
    assert sorted(versions) == list(range(1, 401))


def test_readers_do_not_see_half_a_transaction(store):
    """Each transaction moves both patients to one gender; a reader must never find them apart."""
    store.put(patient("a", gender="male"))
    store.put(patient("b", gender="male"))

    def write(number):
        gender = "male" if number % 2 else "female"
        with store.transaction():
            store.put(patient("a", gender=gender))
            store.put(patient("b", gender=gender))

    def read(_):
        with store.transaction():
            return store.body("Patient", "a")["gender"] == store.body("Patient", "b")["gender"]

    with ThreadPoolExecutor(8) as pool:
        writing = [pool.submit(write, number) for number in range(200)]
        agreements = list(pool.map(read, range(200)))
        for done in writing:
            done.result()
    assert all(agreements)
    searched = {stored.body["gender"] for stored in store.all_of("Patient")}
    assert len(searched) == 1
