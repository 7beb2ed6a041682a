"""Code systems: one key per system, whatever URI, OID, scheme or trailing slash a sender uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from cds_service.errors import Complaint
from cds_service.terminology.csvfile import Row, read_table
from cds_service.terminology.formats import DOTLESS_FORMATS, FAMILY_FORMATS, FORMATS, plain_ndc

DEFAULT_LOCAL_BASE = "https://cds-service.example/fhir"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSystem:
    """One code system: its key in the tables, its FHIR URI and the shape of its codes."""

    key: str
    uri: str
    format: str
    name: str

    @property
    def has_families(self) -> bool:
        """Whether the start of a code names everything below it."""
        return self.format in FAMILY_FORMATS


@dataclass(frozen=True, slots=True)
class SystemTable:
    """All code systems, found by key or by any of their URIs."""

    by_key: Mapping[str, CodeSystem]
    _by_uri: Mapping[str, str]

    def key(self, uri: str | None) -> str | None:
        """The key of the system a coding names; None when it names none or one that we do not know."""
        if uri is None:
            return None
        found = self._by_uri.get(uri)
        if found is not None:
            return found
        return self._by_uri.get(_plain(uri))

    def canonical(self, uri: str) -> str:
        """The FHIR URI of a system given by any of its names; an unknown one comes back as it is."""
        key = self.key(uri)
        return uri if key is None else self.by_key[key].uri

    def same_code(self, key: str, code: str) -> str:
        """A code as it is compared: ICD and ATC without dots and in upper case, NDC as 11 digits, all others trimmed."""
        code = code.strip()
        code_format = self.by_key[key].format
        if code_format in DOTLESS_FORMATS:
            return code.replace(".", "").upper()
        return plain_ndc(code) if code_format == "ndc" else code


def _plain(uri: str) -> str:
    text = uri.strip().rstrip("/")
    scheme, separator, rest = text.partition("://")
    if separator and scheme.lower() in ("http", "https"):
        return rest.lower()
    return text.lower()


def load_systems(path: Path, *, local_base: str, faults: list[Complaint]) -> SystemTable:
    """Read ``systems.csv``; ``{base}`` in a URI is the base of this service's own code systems."""
    table = read_table(
        path,
        required=("key", "uri", "aliases", "format", "name"),
        shown_as="terminology/systems.csv",
    )
    faults.extend(table.faults)
    by_key: dict[str, CodeSystem] = {}
    by_uri: dict[str, str] = {}
    for row in table.rows:
        _add_system(row, local_base.rstrip("/"), by_key, by_uri, faults)
    return SystemTable(MappingProxyType(by_key), MappingProxyType(by_uri))


def _add_system(
    row: Row,
    local_base: str,
    by_key: dict[str, CodeSystem],
    by_uri: dict[str, str],
    faults: list[Complaint],
) -> None:
    key = row["key"]
    if key in by_key:
        faults.append(row.complaint("key", f"{key} is there twice"))
        return
    if row["format"] not in FORMATS:
        faults.append(row.complaint("format", f"{row['format']} is not one of {', '.join(sorted(FORMATS))}"))
        return
    uri = row["uri"].replace("{base}", local_base)
    by_key[key] = CodeSystem(key=key, uri=uri, format=row["format"], name=row["name"])
    for name in (uri, *row.parts("aliases")):
        for form in {name, _plain(name)}:
            if by_uri.setdefault(form, key) != key:
                faults.append(row.complaint("aliases", f"{name} already names {by_uri[form]}"))
