"""Reads case files: the file beside a rule, a pathway's vignettes, and the patients that a folder shares."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cds_service.casework.changes import CannotChange, Described, changed, described
from cds_service.casework.format import CaseFile, CaseSpec, PatientSpec
from cds_service.errors import Complaint, RuleFileInvalid
from cds_service.ruleset.authored import Authored, read_model

CASES = ".cases.yaml"
VIGNETTES = "vignettes.yaml"
PATIENTS = "patients.yaml"

_DAY = len("2026-06-15")
_CARD = re.compile(r"([A-Z]{2,3}-[0-9A-Z]+[a-z]?)-")


@dataclass(frozen=True, kw_only=True)
class WrittenCase:
    """One case, ready to be built: its patient with all changes, and the file's defaults filled in."""

    file: str
    line: int
    rule: str | None
    spec: CaseSpec
    described: Described
    as_of: str
    hook: str
    profiles: tuple[str, ...]

    @property
    def title(self) -> str:
        """``TN-05: Two adequate failures …``; of a vignette its name alone."""
        return f"{self.rule}: {self.spec.name}" if self.rule else self.spec.name


def case_files(rules_dir: Path) -> list[Path]:
    """Return every file with cases below a rules folder."""
    return sorted([*rules_dir.glob(f"*/*{CASES}"), *rules_dir.glob(f"*/{VIGNETTES}")])


def read_cases(path: Path, *, root: Path | None = None) -> tuple[WrittenCase, ...]:
    """Read a file's cases. Raises ``RuleFileInvalid`` with everything that is wrong with it.

    Messages name files relative to ``root``, the rules folder (default: the folder above the file's).
    """
    base = root or path.parent.parent
    faults: list[Complaint] = []
    shared = _shared_patients(path, base, faults)
    file = read_model(path, CaseFile, name=_name(path, base), home=path.parent.name, faults=faults)
    cases = [] if file is None else list(_cases(file, path, shared, faults))
    if faults:
        raise RuleFileInvalid(sorted(set(faults), key=lambda c: (c.file, c.line, c.path)))
    return tuple(cases)


def _name(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else path.name


def _shared_patients(path: Path, root: Path, faults: list[Complaint]) -> dict[str, PatientSpec]:
    shared = path.with_name(PATIENTS)
    if not shared.exists():
        return {}
    file = read_model(shared, CaseFile, name=_name(shared, root), home=shared.parent.name, faults=faults)
    if file is None:
        return {}
    if file.model.cases:
        faults.append(file.complaint(("cases",), "a file of patients has no cases"))
    return dict(file.model.patients)


def _cases(
    file: Authored[CaseFile], path: Path, shared: Mapping[str, PatientSpec], faults: list[Complaint]
) -> Iterator[WrittenCase]:
    rule = _rule_of(file, path, faults)
    patients = {**shared, **file.model.patients}
    for name in file.model.patients:
        if name in shared:
            faults.append(file.complaint(("patients", name), f"is already a patient of {PATIENTS}"))
        _describe(file, name, patients, ("patients", name), faults)
    titles: dict[str, int] = {}
    for number, case in enumerate(file.model.cases):
        if case.name in titles:
            faults.append(file.complaint(("cases", number, "name"), "is the name of two cases"))
        titles[case.name] = number
        written = _case(file, number, case, rule, patients, faults)
        if written is not None:
            yield written


def _rule_of(file: Authored[CaseFile], path: Path, faults: list[Complaint]) -> str | None:
    match = _CARD.match(path.name) if path.name.endswith(CASES) else None
    if file.model.rule is None:
        return match[1] if match else None
    if match is not None and file.model.rule != match[1]:
        faults.append(file.complaint(("rule",), f"is not the rule of the file's name ({match[1]})"))
    return file.model.rule


def _case(
    file: Authored[CaseFile],
    number: int,
    case: CaseSpec,
    rule: str | None,
    patients: Mapping[str, PatientSpec],
    faults: list[Complaint],
) -> WrittenCase | None:
    place = ("cases", number)
    base = _describe(file, case.patient or case.like or "", patients, place, faults)
    as_of = case.as_of or file.model.as_of
    if as_of is None:
        faults.append(file.complaint(place, "'as_of' is missing, here and at the top of the file"))
    elif len(as_of) < _DAY:
        faults.append(file.complaint(place, f"as_of '{as_of}' is not one day"))
    if rule is not None and case.expect.card is None and not (case.expect.cards or case.expect.absent):
        faults.append(
            file.complaint((*place, "expect"), "'card' is missing: say 'none' or what the card is like")
        )
    if base is None or as_of is None:
        return None
    try:
        patient = changed(base, case.change)
    except CannotChange as problem:
        faults.append(file.complaint((*place, "change"), str(problem)))
        return None
    return WrittenCase(
        file=file.source.name,
        line=file.source.line(place),
        rule=rule,
        spec=case,
        described=patient,
        as_of=as_of[:_DAY],
        hook=case.hook or file.model.hook,
        profiles=case.profile or file.model.profile,
    )


def _describe(
    file: Authored[CaseFile],
    name: str,
    patients: Mapping[str, PatientSpec],
    place: tuple[str | int, ...],
    faults: list[Complaint],
) -> Described | None:
    try:
        return described(name, patients)
    except CannotChange as problem:
        faults.append(file.complaint(place, str(problem)))
        return None
