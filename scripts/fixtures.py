"""Writes the synthetic patients that are told in the case language: ``story.yaml`` to ``bundle.json`` and ``story.md``.

A story holds one patient, named as its folder, and what each hook should say as cases; ``docs/cases.md`` has the words.
Run it without arguments to write the files, with ``--check`` to learn whether they are current.
"""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cds_service.casework.build import build_patient
from cds_service.casework.changes import Described
from cds_service.casework.codebook import CodeBook
from cds_service.casework.context import PATIENT_ID
from cds_service.casework.items import Item
from cds_service.casework.read import WrittenCase, read_cases
from cds_service.ruleset.load import load_ruleset
from cds_service.terminology import Terminology

ROOT = Path(__file__).resolve().parents[1]
PATIENTS = ROOT / "fhir_fixtures" / "patients"
STORY, BUNDLE, TEXT = "story.yaml", "bundle.json", "story.md"
BASE = "https://cds-service.example/fhir"
HL7 = "http://terminology.hl7.org/CodeSystem"
CPT = "http://www.ama-assn.org/go/cpt"
WIDTH = 120

LOINC = "http://loinc.org"
VITAL_SIGNS = frozenset({"85354-9", "29463-7"})
"""LOINC codes of blood pressure and body weight."""
SURVEY = frozenset({"72514-3"})
"""LOINC code of the pain score; local counts of headache days are survey answers too."""

Resource = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Story:
    """A patient and what each hook says; the first word of the story is the given name."""

    slug: str
    described: Described
    cases: tuple[WrittenCase, ...]

    @property
    def given(self) -> str:
        """The given name; the family name of every patient is Fixture."""
        return self.described.story.split()[0]


def stories(folder: Path = PATIENTS) -> tuple[Story, ...]:
    """Return the told patients. Raises ``RuleFileInvalid`` when a story cannot be read, ``SystemExit`` when it has no case."""
    return tuple(_story(path) for path in sorted(folder.glob(f"*/{STORY}")))


def _story(path: Path) -> Story:
    cases = read_cases(path, root=path.parents[1])
    own = [case for case in cases if case.spec.patient == path.parent.name]
    if not own:
        raise SystemExit(f"{path}: no case of patient '{path.parent.name}'")
    return Story(slug=path.parent.name, described=own[0].described, cases=cases)


# ------------------------------------------------------------ the Bundle


def bundle_of(story: Story, terminology: Terminology) -> Resource:
    """Return a FHIR R4 transaction Bundle that puts the patient; what is pointed at stands before what points at it."""
    built = build_patient(terminology, story.described.person, story.described.history, {})
    visits = [r for r in built.resources if r["resourceType"] == "Encounter"]
    completed = [_completed(r, visits) for r in built.resources]
    named = [_named(_patient(built.patient, story)), *(_named(r, story.slug) for r in completed)]
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [_entry(resource) for resource in _pointed_at_first(named)],
    }


def _patient(patient: Resource, story: Story) -> Resource:
    identifier = {"use": "usual", "system": f"{BASE}/identifier/fixture", "value": story.slug}
    name = {"use": "official", "family": "Fixture", "given": [story.given]}
    head = {
        "resourceType": "Patient",
        "id": story.slug,
        "identifier": [identifier],
        "active": True,
        "name": [name],
    }
    return {**head, **{key: value for key, value in patient.items() if key not in head}}


def _completed(resource: Resource, visits: Sequence[Resource]) -> Resource:
    """Add what a record system adds by itself: categories, who wrote an order, the visit of the day."""
    match resource["resourceType"]:
        case "Condition":
            resource = {**resource, "category": [_coded("condition-category", "problem-list-item")]}
        case "MedicationRequest":
            category = [_coded("medicationrequest-category", "community")]
            resource = {"category": category, **resource, "requester": {"display": "Dr. Example"}}
        case "ServiceRequest":
            resource = {**resource, "requester": {"display": "Dr. Example"}}
        case "Observation":
            resource = {**resource, "category": [_coded("observation-category", _category(resource))]}
    day = next((str(resource[key])[:10] for key in ("authoredOn", "recordedDate") if key in resource), None)
    visit = next((v for v in visits if day and v["period"]["start"][:10] == day), None)
    return resource if visit is None else {**resource, "encounter": {"reference": f"Encounter/{visit['id']}"}}


def _category(resource: Resource) -> str:
    codes = {coding["code"] for coding in resource["code"].get("coding", ()) if coding["system"] == LOINC}
    if codes & VITAL_SIGNS:
        return "vital-signs"
    return "survey" if codes & SURVEY or not codes else "laboratory"


def _coded(system: str, code: str) -> Resource:
    return {"coding": [{"system": f"{HL7}/{system}", "code": code}]}


def _named(resource: Resource, slug: str = "") -> Resource:
    """Give every id the patient's name as its beginning, and every reference the new id."""
    named: Resource = _renamed(resource, slug)
    return {**named, "id": f"{slug}-{resource['id']}"} if slug else named


def _renamed(node: Any, slug: str) -> Any:
    if isinstance(node, dict):
        if node.get("system") == CPT:
            node = {key: value for key, value in node.items() if key != "display"}
        return {
            key: _reference(v, slug) if key == "reference" else _renamed(v, slug) for key, v in node.items()
        }
    return [_renamed(child, slug) for child in node] if isinstance(node, list) else node


def _reference(reference: str, slug: str) -> str:
    kind, separator, id_ = reference.partition("/")
    if not separator:
        return reference  # to a contained resource
    return f"Patient/{slug}" if id_ == PATIENT_ID else f"{kind}/{slug}-{id_}"


def _pointed_at_first(resources: Sequence[Resource]) -> list[Resource]:
    by_reference = {f"{r['resourceType']}/{r['id']}": r for r in resources}
    ordered: dict[str, Resource] = {}

    def put(reference: str) -> None:
        if reference in by_reference and reference not in ordered:
            for target in _references(by_reference[reference]):
                put(target)
            ordered[reference] = by_reference[reference]

    for reference in by_reference:
        put(reference)
    return list(ordered.values())


def _references(node: Any) -> Iterator[str]:
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    if isinstance(node, dict) and isinstance(node.get("reference"), str):
        yield node["reference"]
    for child in children:
        yield from _references(child)


def _entry(resource: Resource) -> Resource:
    address = f"{resource['resourceType']}/{resource['id']}"
    return {
        "fullUrl": f"{BASE}/{address}",
        "resource": resource,
        "request": {"method": "PUT", "url": address},
    }


# ------------------------------------------------------------ the text


def text_of(story: Story, codes: CodeBook) -> str:
    """Return ``story.md``: one paragraph, and a table of what each hook says."""
    rows = [_row(case, codes) for case in story.cases]
    return "\n".join(
        [
            f"# {story.given} Fixture (`{story.slug}`)",
            "",
            textwrap.fill(story.described.story, WIDTH, break_on_hyphens=False),
            "",
            "## What each hook says",
            "",
            "| Hook | Order | Cards |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def _row(case: WrittenCase, codes: CodeBook) -> str:
    drafts = ", ".join(_order(item, codes) for item in case.spec.drafts) or "–"
    return f"| {case.hook} | {drafts} | {_cards(case)}: {case.spec.name} |"


def _order(item: Item, codes: CodeBook) -> str:
    return item.text or codes.label(item.what)


def _cards(case: WrittenCase) -> str:
    expect = case.spec.expect
    shown = [f"{w.card} ({w.level})" if w.level else str(w.card) for w in expect.cards]
    absent = (
        "no card" if expect.absent == "all" else f"not {', '.join(expect.absent)}" if expect.absent else ""
    )
    return ", ".join([*shown, *([absent] if absent else [])])


# ------------------------------------------------------------ the files


def files(terminology: Terminology, folder: Path = PATIENTS) -> Mapping[Path, str]:
    """Return everything that this script writes, by path."""
    codes, found = CodeBook(terminology), dict[Path, str]()
    for story in stories(folder):
        home = folder / story.slug
        bundle = json.dumps(bundle_of(story, terminology), indent=2, ensure_ascii=False)
        found[home / BUNDLE] = f"{bundle}\n"
        found[home / TEXT] = text_of(story, codes)
    return found


def stale(found: Mapping[Path, str]) -> list[str]:
    """Return the files that are missing or not current."""
    return [
        f"{path.parent.name}/{path.name}"
        for path, text in found.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def main(arguments: Sequence[str]) -> int:
    """Write the files, or with ``--check`` name those that are not current; 1 when there are any."""
    found = files(load_ruleset(ROOT / "rules").terminology)
    if "--check" not in arguments:
        for path, text in found.items():
            path.write_text(text, encoding="utf-8")
        return 0
    old = stale(found)
    if old:
        print(f"{', '.join(old)}: python -m scripts.fixtures", file=sys.stderr)
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
