"""A FHIR server that behaves as a test wants, and synthetic records of one patient to put behind it or into prefetch."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cds_service.clock import SystemClock
from cds_service.fhir.budget import Budget
from cds_service.fhir.needs import DataNeeds, needs_of
from cds_service.fhir.origins import FhirServer, server_of
from cds_service.records.decode import DecodedCall, decode_call
from cds_service.records.resources import FhirAuthorization
from cds_service.settings import Settings

Json = dict[str, Any]
Answer = Callable[["Handler"], None]

PATIENT = "pat-7f3a"
TOKEN = "tok-9Qz.secret~value"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"


class Handler(BaseHTTPRequestHandler):
    """Answers as the server's table says, and can do what no decent server does."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Any

    def do_GET(self) -> None:
        self.server.stub.heard.append(Heard(self.path, dict(self.headers.items())))
        try:
            self.server.stub.answer(self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, *args: object) -> None:
        return

    def say(self, body: bytes, *, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", headers.pop("content_type", "application/fhir+json"))
        self.send_header("Content-Length", headers.pop("content_length", str(len(body))))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.path).query)

    @property
    def resource_type(self) -> str:
        return urlsplit(self.path).path.removeprefix("/fhir/").partition("/")[0]


@dataclass(frozen=True)
class Heard:
    path: str
    headers: dict[str, str]

    @property
    def resource_type(self) -> str:
        return urlsplit(self.path).path.removeprefix("/fhir/").partition("/")[0]


@dataclass
class Stub:
    """A FHIR server on this machine; ``answer`` may be replaced at any time."""

    answer: Answer
    heard: list[Heard] = field(default_factory=list)
    base: str = ""
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def origin(self) -> str:
        return self.base.removesuffix("/fhir")

    def asked(self) -> list[str]:
        """The types that were asked for, sorted."""
        return sorted(heard.resource_type for heard in self.heard)

    def wait(self, seconds: float) -> None:
        """Wait, but no longer than the test."""
        self.over.wait(seconds)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that turns away is nothing to tell."""


def start(stub: Stub, *, tls: ssl.SSLContext | None = None) -> ThreadingHTTPServer:
    server = _Server(("127.0.0.1", 0), Handler)
    server.stub = stub  # type: ignore[attr-defined]
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    scheme = "http" if tls is None else "https"
    stub.base = f"{scheme}://127.0.0.1:{server.server_address[1]}/fhir"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server


def says(value: object, *, status: int = 200, **headers: str) -> Answer:
    """An answer in JSON."""
    return lambda handler: handler.say(body(value), status=status, **headers)


def by_type(answers: dict[str, Answer], *, otherwise: Answer | None = None) -> Answer:
    """Answer each type in its own way; a search of any other type finds nothing."""
    rest = otherwise if otherwise is not None else says(searchset())
    return lambda handler: answers.get(handler.resource_type, rest)(handler)


def store(*resources: Json, page: int = 50, includes: bool = True) -> Answer:
    """A server that holds resources: reads, searches by patient or ``_id``, pages and includes Medications."""

    def answer(handler: Handler) -> None:
        _, _, identifier = urlsplit(handler.path).path.removeprefix("/fhir/").partition("/")
        if identifier:
            found = [
                r for r in resources if (r["resourceType"], r["id"]) == (handler.resource_type, identifier)
            ]
            handler.say(body(found[0] if found else outcome("error")), status=200 if found else 404)
            return
        found = _matches(resources, handler.resource_type, handler.query)
        offset = int(handler.query.get("_offset", ["0"])[0])
        shown, links = found[offset : offset + page], []
        if offset + page < len(found):
            following = (
                f"{handler.server.stub.origin}{handler.path.partition('&_offset')[0]}&_offset={offset + page}"
            )
            links = [{"relation": "next", "url": following}]
        entries = [entry(resource) for resource in shown]
        if includes and "_include" in handler.query:
            entries += [entry(m, mode="include") for m in _included(resources, shown)]
        handler.say(body({"resourceType": "Bundle", "type": "searchset", "link": links, "entry": entries}))

    return answer


def _matches(resources: Sequence[Json], resource_type: str, query: dict[str, list[str]]) -> list[Json]:
    of_type = [resource for resource in resources if resource["resourceType"] == resource_type]
    if "_id" in query:
        return [resource for resource in of_type if resource["id"] in query["_id"][0].split(",")]
    wanted = f"Patient/{query['patient'][0]}"
    return [r for r in of_type if (r.get("subject") or r.get("patient") or {}).get("reference") == wanted]


def _included(resources: Sequence[Json], shown: Sequence[Json]) -> list[Json]:
    wanted = {r["medicationReference"]["reference"] for r in shown if "medicationReference" in r}
    return [r for r in resources if f"{r['resourceType']}/{r['id']}" in wanted]


def body(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def entry(resource: Json, *, mode: str = "match") -> Json:
    return {"resource": resource, "search": {"mode": mode}}


def searchset(*resources: Json, **members: Any) -> Json:
    return {"resourceType": "Bundle", "type": "searchset", "entry": [entry(r) for r in resources], **members}


def outcome(severity: str) -> Json:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": "processing"}]}


def next_link(url: str) -> list[Json]:
    return [{"relation": "self", "url": "about:blank"}, {"relation": "next", "url": url}]


def condition(identifier: str = "c1", *, patient: str = PATIENT, **members: Any) -> Json:
    return {
        "resourceType": "Condition",
        "id": identifier,
        "code": {"coding": [{"system": SNOMED, "code": "31681005"}]},
        "subject": {"reference": f"Patient/{patient}"},
        **members,
    }


def order(
    identifier: str = "m1", *, patient: str = PATIENT, medication: str | None = None, **members: Any
) -> Json:
    drug: Json = {"medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": "2002"}]}}
    if medication is not None:
        drug = {"medicationReference": {"reference": medication}}
    return {
        "resourceType": "MedicationRequest",
        "id": identifier,
        "status": "stopped",
        "intent": "order",
        "subject": {"reference": f"Patient/{patient}"},
        **drug,
        **members,
    }


def medication(identifier: str = "med1", **members: Any) -> Json:
    return {
        "resourceType": "Medication",
        "id": identifier,
        "code": {"coding": [{"system": RXNORM, "code": "2002"}]},
        **members,
    }


def procedure(identifier: str = "p1", *, patient: str = PATIENT) -> Json:
    return {
        "resourceType": "Procedure",
        "id": identifier,
        "status": "completed",
        "subject": {"reference": f"Patient/{patient}"},
    }


def allergy(identifier: str = "a1", *, patient: str = PATIENT) -> Json:
    return {
        "resourceType": "AllergyIntolerance",
        "id": identifier,
        "patient": {"reference": f"Patient/{patient}"},
    }


def person(identifier: str = PATIENT) -> Json:
    return {"resourceType": "Patient", "id": identifier, "birthDate": "1961-04-12"}


def empty_required(**keys: Any) -> Json:
    """Prefetch in which the client says of each required type that there is none, but for ``keys``."""
    return {"conditions": None, "medications": None, "procedures": None, **keys}


def call(
    prefetch: Json | None = None,
    *,
    server: str | None = None,
    token: str | None = None,
    expires_in: int = 300,
    **context: Any,
) -> DecodedCall:
    """A call as the service receives it."""
    sent: Json = {
        "hook": "patient-view",
        "hookInstance": "0b7c6a52-6d0f-4a39-9f2e-1f8f4f1b7a10",
        "context": {"userId": "Practitioner/1", "patientId": PATIENT, **context},
    }
    if prefetch is not None:
        sent["prefetch"] = prefetch
    if server is not None:
        sent["fhirServer"] = server
    if token is not None:
        sent["fhirAuthorization"] = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": expires_in,
            "scope": "patient/*.read",
            "subject": "cds-service",
        }
    return decode_call(body(sent))


@dataclass(frozen=True)
class Rules:
    """What some rules would say that they read."""

    types: frozenset[str] = frozenset()
    codes: tuple[str, ...] = ()

    def resource_types(self, hook: str) -> frozenset[str]:
        return self.types

    def observation_codes(self, hook: str) -> tuple[str, ...]:
        return self.codes


def needs(*types: str, codes: tuple[str, ...] = ()) -> DataNeeds:
    return needs_of(Rules(frozenset(types), codes), "patient-view")


def usable_server(base: str, *, token: str | None = None, settings: Settings | None = None) -> FhirServer:
    authorization = None
    if token is not None:
        authorization = FhirAuthorization(access_token=token, token_type="Bearer", expires_in=300)
    server = server_of(base, authorization, patient_id=PATIENT, settings=settings or Settings(dev=True))
    assert isinstance(server, FhirServer)
    return server


def seconds(amount: float) -> Budget:
    return Budget(SystemClock(), amount)
