"""What CDS Hooks 2.0.1 and real clients ask of a card, as assertions."""

from __future__ import annotations

import re
import uuid
from typing import Any

from fhir.resources.R4B import get_fhir_model_class

from tests.contract.calls import empties

INDICATORS = ("critical", "warning", "info")
EXPLANATION = "org.cds-service.explanation"
_TYPE_ID = re.compile(r"[A-Z][A-Za-z]+/[^/\s]+")


def assert_answer(document: dict[str, Any], *, patient: str) -> list[dict[str, Any]]:
    """The document is a valid answer for this patient; return its cards."""
    assert set(document) <= {"cards", "extension"}
    assert list(empties(document)) == []
    assert isinstance(document.get("extension", {}), dict)
    cards: list[dict[str, Any]] = document["cards"]
    ranks = [INDICATORS.index(card["indicator"]) for card in cards]
    assert ranks == sorted(ranks)
    assert len({card["uuid"] for card in cards}) == len(cards)
    for card in cards:
        assert_card(card, patient=patient)
    return cards


def assert_card(card: dict[str, Any], *, patient: str) -> None:
    """The card is one that every client can show and send feedback on."""
    assert set(card) <= {
        "uuid",
        "summary",
        "detail",
        "indicator",
        "source",
        "suggestions",
        "selectionBehavior",
        "overrideReasons",
        "links",
        "extension",
    }
    uuid.UUID(card["uuid"])
    assert 0 < len(card["summary"]) < 140
    assert not re.search(
        r"[*_`#<>\[\]]", card["summary"].replace("HLA-B*15:02", "").replace("HLA-A*31:01", "")
    )
    assert card["indicator"] in INDICATORS
    assert "<" not in card.get("detail", "").replace("<br>", "")
    assert card["source"]["label"]
    topic = card["source"]["topic"]
    assert topic["system"]
    assert re.fullmatch(r"[A-Za-z0-9]{1,100}", topic["code"])
    for reason in card.get("overrideReasons", []):
        assert reason["code"]
        assert reason["system"]
        assert reason["display"]
    assert card["extension"][EXPLANATION]["evidence"]
    assert ("selectionBehavior" in card) == ("suggestions" in card)
    assert card.get("selectionBehavior", "any") in ("any", "at-most-one")
    suggestions = card.get("suggestions", [])
    assert sum(suggestion.get("isRecommended", False) for suggestion in suggestions) <= 1
    for suggestion in suggestions:
        assert_suggestion(suggestion, patient=patient)


def assert_suggestion(suggestion: dict[str, Any], *, patient: str) -> None:
    """The suggestion can be taken: each of its actions is complete and about this patient."""
    assert suggestion["label"]
    uuid.UUID(suggestion["uuid"])
    assert suggestion["actions"]
    for action in suggestion["actions"]:
        assert action["description"]
        assert action["type"] in ("create", "update", "delete")
        if action["type"] == "delete":
            assert _TYPE_ID.fullmatch(action["resourceId"])
            assert "resource" not in action
        else:
            assert isinstance(action["resource"], dict)
            assert_proposed(action["resource"], kind=action["type"], patient=patient)


def assert_proposed(resource: dict[str, Any], *, kind: str, patient: str) -> None:
    """The resource is valid R4 and about this patient; a new one has no id and is a draft."""
    get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    subject = resource.get("subject") or resource["patient"]
    assert subject["reference"] == f"Patient/{patient}"
    if kind == "create":
        assert "id" not in resource
        if resource["resourceType"] in ("MedicationRequest", "ServiceRequest"):
            assert resource["status"] == "draft"
            assert resource["intent"]
        if resource["resourceType"] == "MedicationRequest":
            assert resource["medicationCodeableConcept"]["text"]
            assert resource["medicationCodeableConcept"]["coding"][0]["code"]


def ids_of(cards: list[dict[str, Any]]) -> list[str]:
    """The ids of cards as the clinical pages name them."""
    return [card["extension"][EXPLANATION]["card"] for card in cards]
