"""Where an explanation gets its patient from: a Bundle in a file, or a FHIR server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from cds_service.clock import SystemClock
from cds_service.errors import InputInvalid
from cds_service.explain.story import explain
from cds_service.fhir.collect import records_of_bundle
from cds_service.fhir.gather import Gatherer
from cds_service.fhir.needs import needs_of
from cds_service.ops.disabled import read_disabled
from cds_service.records.decode import DecodedBundle, DecodedCall, NotFhirJson, decode_bundle
from cds_service.records.patient import PatientRecords
from cds_service.records.resources import AnyResource, Bundle, BundleEntry, Context, HookCall, Patient
from cds_service.ruleset.load import load_ruleset
from cds_service.ruleset.ruleset import Ruleset
from cds_service.settings import Settings
from cds_service.timeline.build import build_timeline

PATIENCE_SECONDS = 60.0
"""How long a person at a terminal waits for a FHIR server."""


def story_of(
    *,
    file: Path | None,
    base_url: str | None,
    patient_id: str | None,
    as_of: date,
    hook: str,
    drafts: Sequence[Path],
    environment: Mapping[str, str],
) -> dict[str, Any]:
    """Return the explanation of one patient; exactly one of ``file`` and ``base_url`` is given."""
    settings = Settings.from_environment(environment)
    rules = load_ruleset(
        settings.rules,
        profiles=settings.profiles,
        disabled=frozenset(settings.disable_rules),
        rxnorm=settings.rxnorm,
        local_base=settings.code_systems_base,
    )
    disabled = read_disabled(settings.disabled_rules_path()).disabled
    rules = replace(rules, disabled=rules.disabled | (disabled.keys() & rules.by_id.keys()))
    if file is not None:
        return story_in_file(file, rules=rules, patient_id=patient_id, as_of=as_of, hook=hook, drafts=drafts)
    assert base_url is not None
    assert patient_id is not None
    records = _from_server(base_url, patient_id, rules, hook, settings)
    return _story(records, rules=rules, as_of=as_of, hook=hook, drafts=drafts)


def story_in_file(
    file: Path,
    *,
    rules: Ruleset,
    patient_id: str | None = None,
    as_of: date,
    hook: str,
    drafts: Sequence[Path] = (),
) -> dict[str, Any]:
    """Return the explanation of the patient in a Bundle; ``patient_id`` names one of several.

    :raises InputInvalid: the file cannot be read, or holds not exactly one patient and none is named.
    """
    decoded = read_bundle(file)
    owner = patient_id or _only_patient(e.resource for e in decoded.bundle.entry)
    return _story(records_of_bundle(decoded, owner), rules=rules, as_of=as_of, hook=hook, drafts=drafts)


def _story(
    records: PatientRecords, *, rules: Ruleset, as_of: date, hook: str, drafts: Sequence[Path]
) -> dict[str, Any]:
    timeline = build_timeline(
        records,
        drafts=_drafts(drafts),
        selections=None,
        meaning=rules.terminology,
        as_of=as_of,
        now=None,
    )
    return explain(rules, timeline, hook=hook, patient_id=records.patient_id)


def read_bundle(file: Path) -> DecodedBundle:
    """Read a Bundle (or a single resource) from a file.

    :raises InputInvalid: the file cannot be read or is no FHIR JSON; the message names the file only.
    """
    try:
        return decode_bundle(file.read_bytes())
    except OSError as error:
        raise InputInvalid(f"{file}: {error.strerror}") from None
    except NotFhirJson:
        raise InputInvalid(f"{file}: expected a FHIR Bundle or resource in JSON") from None


def _only_patient(resources: Iterable[AnyResource | None]) -> str:
    ids = [r.id for r in resources if isinstance(r, Patient) and r.id]
    if len(ids) != 1:
        raise InputInvalid("The Bundle must hold exactly one Patient, or name one with --id.")
    return ids[0]


def _drafts(files: Sequence[Path]) -> Bundle | None:
    entries: list[BundleEntry] = []
    for file in files:
        entries += read_bundle(file).bundle.entry
    return Bundle(entry=tuple(entries)) if entries else None


def _from_server(
    base_url: str, patient_id: str, rules: Ruleset, hook: str, settings: Settings
) -> PatientRecords:
    """Read everything that any rule of the hook may need; the person at the terminal vouches for the address."""
    chosen = replace(settings, dev=True, call_budget_seconds=PATIENCE_SECONDS, fhir_servers=(base_url,))
    needs = needs_of(rules, hook)
    gatherer = Gatherer(chosen, clock=SystemClock())
    call = HookCall(context=Context(patientId=patient_id), fhirServer=base_url)
    try:
        return gatherer.gather(
            DecodedCall(call=call),
            needs=needs,
            second_stage=lambda _first: frozenset(n.resource_type for n in needs.needs),
        )
    finally:
        gatherer.close()
