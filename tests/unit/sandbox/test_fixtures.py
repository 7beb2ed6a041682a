"""Making the synthetic patients one's own (tag and prefix), and filling the store with them."""

from __future__ import annotations

import copy
import json

import pytest

from cds_service.errors import InputInvalid
from cds_service.sandbox.fixtures import (
    chosen_slugs,
    fixture_folder,
    fixture_slugs,
    personalise,
    preload,
    read_fixture,
)
from cds_service.sandbox.store import ResourceStore
from tests.unit.sandbox.samples import medication, order, patient

TAG = {"system": "https://cds-service.example/fhir/CodeSystem/fixture-run", "code": "run7"}


def transaction(*resources):
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "fullUrl": f"https://cds-service.example/fhir/{r['resourceType']}/{r['id']}",
                "resource": r,
                "request": {"method": "PUT", "url": f"{r['resourceType']}/{r['id']}"},
            }
            for r in resources
        ],
    }


def personal(*resources, prefix="run7-"):
    return personalise(transaction(*resources), tag="run7", prefix=prefix)["entry"]


@pytest.fixture
def folder(tmp_path):
    for slug in ("nora", "carl"):
        (tmp_path / slug).mkdir()
        (tmp_path / slug / "bundle.json").write_text(
            json.dumps(transaction(patient(slug), order(f"{slug}-o1", of=slug)))
        )
    (tmp_path / "notes").mkdir()
    return tmp_path


def test_the_prefix_is_on_every_id_address_and_reference():
    made = personal(
        patient("nora"),
        medication("m1"),
        order("o1", of="nora", medicationReference={"reference": "Medication/m1"}),
    )
    assert [entry["resource"]["id"] for entry in made] == ["run7-nora", "run7-m1", "run7-o1"]
    assert [entry["request"]["url"] for entry in made] == [
        "Patient/run7-nora",
        "Medication/run7-m1",
        "MedicationRequest/run7-o1",
    ]
    assert made[0]["fullUrl"] == "https://cds-service.example/fhir/Patient/run7-nora"
    assert made[2]["resource"]["subject"] == {"reference": "Patient/run7-nora"}
    assert made[2]["resource"]["medicationReference"] == {"reference": "Medication/run7-m1"}


def test_contained_and_foreign_references_stay():
    contained = medication("m")
    (made,) = personal(
        order(
            "o1",
            contained=[contained],
            medicationReference={"reference": "#m"},
            requester={"reference": "https://elsewhere.example/fhir/Practitioner/7"},
        )
    )
    assert made["resource"]["medicationReference"] == {"reference": "#m"}
    assert made["resource"]["contained"] == [contained]
    assert made["resource"]["requester"] == {"reference": "https://elsewhere.example/fhir/Practitioner/7"}


def test_every_resource_carries_the_tag_beside_its_own_tags():
    mine = {"system": "urn:x", "code": "mine"}
    first, second = personal(patient("nora", meta={"tag": [mine], "source": "urn:s"}), patient("carl"))
    assert first["resource"]["meta"] == {"tag": [mine, TAG], "source": "urn:s"}
    assert second["resource"]["meta"] == {"tag": [TAG]}


def test_without_a_prefix_only_the_tag_is_added():
    (made,) = personal(patient("nora"), prefix="")
    assert made == {
        "fullUrl": "https://cds-service.example/fhir/Patient/nora",
        "resource": patient("nora", meta={"tag": [TAG]}),
        "request": {"method": "PUT", "url": "Patient/nora"},
    }


def test_the_bundle_that_was_given_is_not_changed():
    given = transaction(patient("nora", meta={"tag": []}), order("o1", of="nora"))
    before = copy.deepcopy(given)
    personalise(given, tag="run7", prefix="run7-")
    assert given == before


@pytest.mark.parametrize("prefix", ["a b", "a_", "a/", "é", "x" * 61])
def test_a_prefix_that_would_break_an_id_is_refused(prefix):
    with pytest.raises(InputInvalid):
        personalise(transaction(patient("nora")), tag="run7", prefix=prefix)


@pytest.mark.parametrize("tag", ["", "a b", "a|b", "a,b", "x" * 65])
def test_a_tag_that_a_search_could_misread_is_refused(tag):
    with pytest.raises(InputInvalid):
        personalise(transaction(patient("nora")), tag=tag, prefix="")


def test_the_patients_of_a_folder_are_its_sub_folders_with_a_bundle(folder):
    assert fixture_slugs(folder) == ("carl", "nora")
    assert chosen_slugs(folder) == ("carl", "nora")
    assert chosen_slugs(folder, ["nora", "nora"]) == ("nora",)


def test_an_unknown_patient_is_named_together_with_the_known_ones(folder):
    with pytest.raises(InputInvalid, match=r"dora.*carl, nora"):
        chosen_slugs(folder, ["nora", "dora"])


def test_an_empty_folder_is_an_error(tmp_path):
    with pytest.raises(InputInvalid):
        chosen_slugs(tmp_path)


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(InputInvalid):
        fixture_folder(tmp_path / "nowhere")


def test_the_folder_is_found_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "new-tn" in fixture_slugs(fixture_folder())


def test_a_folder_in_the_working_directory_comes_first(tmp_path, monkeypatch):
    (tmp_path / "fhir_fixtures" / "patients").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert fixture_folder() == tmp_path / "fhir_fixtures" / "patients"


@pytest.mark.parametrize("content", ["{", "[]", '{"resourceType": "Bundle"}'])
def test_a_file_that_is_no_bundle_is_an_error(tmp_path, content):
    (tmp_path / "nora").mkdir()
    (tmp_path / "nora" / "bundle.json").write_text(content)
    with pytest.raises(InputInvalid, match="nora"):
        read_fixture(tmp_path, "nora")


def test_preload_fills_the_store_and_tells_the_patient_ids(folder):
    store = ResourceStore()
    assert preload(store, folder=folder) == ("carl", "nora")
    assert store.body("Patient", "nora")["id"] == "nora"
    assert [stored.id for stored in store.all_of("MedicationRequest")] == ["carl-o1", "nora-o1"]


def test_preload_can_be_limited_to_some_patients(folder):
    store = ResourceStore()
    preload(store, folder=folder, patients=["nora"])
    assert store.body("Patient", "carl") is None
