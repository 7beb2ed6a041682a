"""The embedded FHIR R4 server as a Flask blueprint, for the demo and for tests; mount it at ``/fhir``.

It has no authentication and no limits on who may write, so it answers only callers on the same machine and is to be
mounted in development mode only. Nothing is logged.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

import orjson
from flask import Blueprint, Response, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge

from cds_service.sandbox import writes
from cds_service.sandbox.bundles import process_bundle
from cds_service.sandbox.capability import capability_statement
from cds_service.sandbox.outcomes import FhirFault, fault, operation_outcome
from cds_service.sandbox.search import PageSizes, search
from cds_service.sandbox.store import ResourceStore, Stored

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_FHIR_JSON = "application/fhir+json"
_READABLE = frozenset({_FHIR_JSON, "application/json", "application/json+fhir", "text/json"})
_FORM = "application/x-www-form-urlencoded"
_ACCEPTED = frozenset({*_READABLE, "json", "*/*", "application/*"})

Handler = Callable[[], Response]
View = Callable[..., dict[str, Handler]]
"""What an address can do: HTTP method to handler."""


def create_fhir_blueprint(
    store: ResourceStore,
    *,
    sizes: PageSizes | None = None,
    max_body_bytes: int = 32_000_000,
    loopback_only: bool = True,
) -> Blueprint:
    """The blueprint that serves ``store``.

    ``sizes`` are the page sizes of searches (10, and 50 at most), ``max_body_bytes`` the largest body that is read.
    With ``loopback_only`` callers from other machines are refused with 403.
    """
    server = _Server(store, sizes or PageSizes())
    blueprint = Blueprint("fhir", __name__)

    @blueprint.before_request
    def refuse_strangers() -> Response | None:
        request.max_content_length = max_body_bytes
        if loopback_only and not _is_loopback(request.remote_addr):
            return _refusal(fault(403, "forbidden", "This server answers callers on its own machine only."))
        return None

    for rule, endpoint, view in (
        ("", "base", server.at_base),
        ("/", "base_with_slash", server.at_base),
        ("/metadata", "metadata", server.at_metadata),
        ("/<resource_type>", "type", server.at_type),
        ("/<resource_type>/_search", "search", server.at_search),
        ("/<resource_type>/<resource_id>", "resource", server.at_resource),
        ("/<path:elsewhere>", "elsewhere", server.elsewhere),
    ):
        blueprint.add_url_rule(rule, endpoint, _answering(view), methods=_METHODS)
    return blueprint


class _Server:
    """One method per kind of address; each answers which methods it takes and what they do."""

    def __init__(self, store: ResourceStore, sizes: PageSizes) -> None:
        self.store = store
        self.sizes = sizes

    def at_base(self) -> dict[str, Handler]:
        return {"POST": lambda: _json(process_bundle(self.store, _body(), base=_base(), sizes=self.sizes))}

    def at_metadata(self) -> dict[str, Handler]:
        return {"GET": lambda: _json(capability_statement(_base()))}

    def at_type(self, resource_type: str) -> dict[str, Handler]:
        writes.known_type(resource_type)
        return {"GET": lambda: self._search(resource_type), "POST": lambda: self._create(resource_type)}

    def at_search(self, resource_type: str) -> dict[str, Handler]:
        writes.known_type(resource_type)
        return {"GET": lambda: self._search(resource_type), "POST": lambda: self._search(resource_type)}

    def at_resource(self, resource_type: str, resource_id: str) -> dict[str, Handler]:
        writes.known_type(resource_type)
        return {
            "GET": lambda: self._read(resource_type, resource_id),
            "PUT": lambda: self._update(resource_type, resource_id),
            "DELETE": lambda: self._delete(resource_type, resource_id),
        }

    def elsewhere(self, elsewhere: str) -> dict[str, Handler]:
        raise fault(404, "not-found", "There is nothing at this address.")

    def _search(self, resource_type: str) -> Response:
        pairs = list(request.args.items(multi=True))
        if request.method == "POST":
            if request.mimetype != _FORM and request.content_length:
                raise fault(415, "not-supported", f"A posted search has the content type {_FORM}.")
            pairs += request.form.items(multi=True)
        return _json(search(self.store, resource_type, pairs, base=_base(), sizes=self.sizes))

    def _read(self, resource_type: str, resource_id: str) -> Response:
        stored = writes.existing(self.store, resource_type, resource_id)
        response = _resource(stored, 200)
        response.make_conditional(request)
        return response

    def _create(self, resource_type: str) -> Response:
        if "If-None-Exist" in request.headers:
            raise fault(400, "not-supported", "Conditional creates are not supported.")
        return _written(writes.create(self.store, resource_type, _body()))

    def _update(self, resource_type: str, resource_id: str) -> Response:
        if_match = request.headers.get("If-Match", "")
        return _written(writes.update(self.store, resource_type, resource_id, _body(), if_match=if_match))

    def _delete(self, resource_type: str, resource_id: str) -> Response:
        if_match = request.headers.get("If-Match", "")
        writes.delete(self.store, resource_type, resource_id, if_match=if_match)
        return Response(status=204)


def _answering(view: View) -> Callable[..., Response]:
    def answer(**address: str) -> Response:
        try:
            handlers = view(**address)
            _check_accept()
            method = "GET" if request.method == "HEAD" else request.method
            if method not in handlers:
                allowed = ", ".join(sorted({*handlers, "HEAD"} if "GET" in handlers else handlers))
                refused = fault(405, "not-supported", f"This address takes {allowed}.")
                return _refusal(FhirFault(405, *refused.issues, headers={"Allow": allowed}))
            return handlers[method]()
        except FhirFault as refused:
            return _refusal(refused)
        except RequestEntityTooLarge:
            return _refusal(fault(413, "too-long", "The body is larger than this server reads."))

    return answer


def _check_accept() -> None:
    wanted = [kind for kind, _ in request.accept_mimetypes] or ["*/*"]
    if "_format" in request.args:
        wanted = [request.args["_format"].replace(" ", "+")]
    if not any(kind.partition(";")[0].strip() in _ACCEPTED for kind in wanted):
        raise fault(406, "not-supported", f"This server speaks {_FHIR_JSON} only.")


def _body() -> Any:
    if request.mimetype not in _READABLE:
        raise fault(415, "not-supported", f"The content type must be {_FHIR_JSON}.")
    try:
        return orjson.loads(request.get_data(cache=False))
    except orjson.JSONDecodeError as error:
        raise fault(400, "structure", "The body is not JSON, or nested too deeply.") from error


def _base() -> str:
    """The address that this blueprint is mounted at, as the caller sees it, without a slash at its end."""
    return url_for(".base", _external=True).rstrip("/")


def _is_loopback(address: str | None) -> bool:
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_loopback


def _written(done: writes.Written) -> Response:
    if done.stored is None:
        return Response(status=204)
    response = _resource(done.stored, done.status)
    if done.status == 201:
        stored = done.stored
        response.headers["Location"] = f"{_base()}/{stored.type}/{stored.id}/_history/{stored.version}"
    return response


def _resource(stored: Stored, status: int) -> Response:
    response = _json(stored.body, status)
    response.set_etag(str(stored.version), weak=True)
    response.last_modified = stored.changed
    return response


def _refusal(refused: FhirFault) -> Response:
    response = _json(operation_outcome(refused.issues), refused.http_status)
    response.headers.update(refused.headers)
    return response


def _json(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status=status, content_type=f"{_FHIR_JSON}; charset=utf-8")
