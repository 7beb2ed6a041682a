"""Every error the service raises on purpose, with its HTTP status and process exit code.

    CdsError
    ├── RequestProblem            the caller can fix it; never logged as an error
    │   ├── InvalidHookRequest    400
    │   ├── NotTrusted            401   no details outward
    │   └── UnknownService        404
    ├── DataUnavailable           412   names the data that could not be had, never the patient   exit 20
    ├── StoreUnavailable          503   the feedback store cannot be written now: try again              exit 74
    ├── RuleProblem               load time only: the service refuses to start
    │   ├── RuleFileInvalid       file, line, path, what was expected, nearest valid word         exit 10
    │   ├── ValueSetInvalid                                                                       exit 11
    │   └── LockMismatch                                                                          exit 12
    ├── CaseFailed                a rule's own test case disagrees                                exit 13
    ├── SurvivorUnexplained       a small change of a rule goes unnoticed by every case              exit 14
    ├── CasesMissing              the cases of a card leave a hole                                exit 15
    ├── NotFormatted              rule files are not written the one way                          exit 16
    ├── InputInvalid              a file or option given to the command line cannot be used       exit 2
    └── EvaluationBug             our fault: that rule yields no card, the others go on

Messages never carry patient data, tokens or resource bodies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class CdsError(Exception):
    """Base of all errors raised on purpose."""

    http_status = 500
    exit_code = 1
    issue_code = "exception"
    """FHIR issue-type code used when the error leaves as an OperationOutcome."""


class RequestProblem(CdsError):
    """The caller sent something that the caller can fix."""

    http_status = 400
    exit_code = 2
    issue_code = "invalid"


class InvalidHookRequest(RequestProblem):
    """The body of a hook or feedback call is not what CDS Hooks 2.0.1 asks for."""


class NotTrusted(RequestProblem):
    """The caller could not be authenticated; the reason stays inside."""

    http_status = 401
    issue_code = "login"


class UnknownService(RequestProblem):
    """No service has the id in the URL."""

    http_status = 404
    issue_code = "not-found"


class DataUnavailable(CdsError):
    """Required data can be had neither from prefetch nor from the FHIR server (CDS Hooks 2.0.1, status 412)."""

    http_status = 412
    exit_code = 20
    issue_code = "incomplete"


class StoreUnavailable(CdsError):
    """The feedback store cannot be opened or written now; the caller may try again later."""

    http_status = 503
    exit_code = 74
    issue_code = "transient"


class RuleProblem(CdsError):
    """Rule content cannot be used."""

    exit_code = 10


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """One fault of a rule file, readable by its author.

    ``line`` counts from 1; ``path`` is the place inside the file, such as ``card.when.all[0]``.
    """

    file: str
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}"
        return f"{where}: {self.path}: {self.message}" if self.path else f"{where}: {self.message}"


class RuleFileInvalid(RuleProblem):
    """Rule files hold faults; all of them are listed at once."""

    exit_code = 10

    def __init__(self, complaints: Sequence[Complaint]) -> None:
        self.complaints = tuple(complaints)
        super().__init__("\n".join(str(c) for c in self.complaints))


class ValueSetInvalid(RuleFileInvalid):
    """Value sets or tables hold faults."""

    exit_code = 11


class LockMismatch(RuleProblem):
    """A rule's content changed while its version did not."""

    exit_code = 12


class CaseFailed(CdsError):
    """A rule's own test cases disagree with the engine."""

    exit_code = 13


class SurvivorUnexplained(CdsError):
    """A small change of a rule goes unnoticed by every case, and the list of survivors does not say why; or it is stale."""

    exit_code = 14


class CasesMissing(CdsError):
    """The cases of a card leave a hole: no firing, silent or unknown case, or too few of them."""

    exit_code = 15


class NotFormatted(CdsError):
    """Rule files are not written the one way."""

    exit_code = 16


class InputInvalid(CdsError):
    """A file or option given on the command line cannot be used."""

    http_status = 400
    exit_code = 2
    issue_code = "invalid"


class EvaluationBug(CdsError):
    """A rule broke while it was evaluated; its card is lost, the others go on."""

    exit_code = 70
