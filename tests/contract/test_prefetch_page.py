"""The templates are documented outside discovery too, for clients that never read it."""

from __future__ import annotations

from pathlib import Path

from flask.testing import FlaskClient

from cds_service.ruleset.ruleset import Ruleset
from scripts.prefetch_page import PAGE, page
from tests.contract.calls import json_of
from tests.contract.coverage import covers

ROOT = Path(__file__).resolve().parents[2]


@covers("PRE-15")
def test_the_page_is_current(rules: Ruleset) -> None:
    assert (ROOT / PAGE).read_text(encoding="utf-8") == page(rules)


@covers("PRE-15")
def test_the_page_has_every_template_that_discovery_publishes(service: FlaskClient) -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    for entry in json_of(service.get("/cds-services"))["services"]:
        assert f"`{entry['id']}`" in text
        for key, template in entry["prefetch"].items():
            assert f"| `{key}` |" in text
            assert f"`{template}`" in text
