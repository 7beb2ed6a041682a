"""Faults of the embedded FHIR server and the OperationOutcome that tells the client about them.

Diagnostics name parameters, paths and resource types; they never repeat a value that the client sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cds_service.errors import CdsError

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}")


@dataclass(frozen=True, kw_only=True)
class Issue:
    """One entry of an OperationOutcome; ``code`` is a FHIR issue-type, ``expression`` a path into the resource."""

    code: str
    diagnostics: str
    expression: str = ""
    severity: str = "error"


class FhirFault(CdsError):
    """The embedded server refuses a request with an HTTP status, issues and perhaps headers."""

    def __init__(self, status: int, *issues: Issue, headers: Mapping[str, str] | None = None) -> None:
        self.http_status = status
        self.issues = issues
        self.headers = dict(headers or {})
        super().__init__("; ".join(issue.diagnostics for issue in issues))


def fault(status: int, code: str, diagnostics: str, *, expression: str = "") -> FhirFault:
    """A refusal with a single issue."""
    return FhirFault(status, Issue(code=code, diagnostics=diagnostics, expression=expression))


def operation_outcome(issues: Sequence[Issue]) -> dict[str, Any]:
    """The OperationOutcome resource (FHIR R4) that carries the issues."""
    return {"resourceType": "OperationOutcome", "issue": [_issue(issue) for issue in issues]}


def printable_name(name: object) -> str:
    """A parameter or element name as the client wrote it, if it looks like a name; else a stand-in.

    Names are repeated so that the author of a request can find the fault; anything that is not shaped
    like a name could be a value and is withheld.
    """
    text = str(name)
    return text if _WORD.fullmatch(text) else "(name withheld)"


def _issue(issue: Issue) -> dict[str, Any]:
    body: dict[str, Any] = {"severity": issue.severity, "code": issue.code, "diagnostics": issue.diagnostics}
    if issue.expression:
        body["expression"] = [issue.expression]
    return body
