"""One page of FHIR data, from prefetch or from a server, and what pages say about one type of one patient's resources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from cds_service.records.decode import DecodedBundle, NotFhirJson, decode_bundle, without_mark
from cds_service.records.references import is_about
from cds_service.records.resources import AnyResource, Bundle, Medication, OperationOutcome, Patient

_HARMLESS = frozenset({"information", "warning"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A Bundle, and how many of its resources were lost in reading, by type (``""``: type not told)."""

    bundle: Bundle
    unreadable: Mapping[str, int] = field(default_factory=dict)
    failed: bool = False
    """True when an OperationOutcome says that the query was not answered."""
    body: bytes = field(default=b"", repr=False, compare=False)
    """A server's answer as it came; empty for what came with the call."""

    @property
    def next_link(self) -> str | None:
        """The address of the next page as it was sent; None on the last."""
        return next((link.url for link in self.bundle.link if link.relation == "next" and link.url), None)


def page_of(bundle: Bundle, unreadable: Mapping[str, int] | None = None) -> Page:
    """Return a page; its OperationOutcome entries decide whether it failed.

    Outcomes of severity information and warning are remarks: Epic says "no results" that way.
    """
    failed = any(
        not (issues := entry.resource.issue) or any(issue.severity not in _HARMLESS for issue in issues)
        for entry in bundle.entry
        if isinstance(entry.resource, OperationOutcome)
    )
    return Page(bundle=bundle, unreadable=unreadable or {}, failed=failed)


def read_page(body: bytes) -> Page:
    """Read a FHIR server's answer.

    :raises NotFhirJson: it is neither a Bundle nor a resource that rules read.
    """
    decoded: DecodedBundle = decode_bundle(body)
    bundle = decoded.bundle
    if bundle.type is None and bundle.total is None and not bundle.entry and not decoded.unreadable:
        raise NotFhirJson("The answer is of a type that was not asked for.")
    page = page_of(bundle, decoded.unreadable)
    is_bare_outcome = bundle.type is None and _is_outcome_alone(bundle)
    return replace(page, failed=page.failed or is_bare_outcome, body=without_mark(body))


def patient_aliases(bundle: Bundle, patient_id: str) -> list[str]:
    """Return the addresses under which a Bundle holds the patient's own resource."""
    return [
        entry.fullUrl
        for entry in bundle.entry
        if entry.fullUrl and isinstance(entry.resource, Patient) and entry.resource.id == patient_id
    ]


class Owner:
    """Tells whose a resource is; remembers the forms in which the patient was referred to."""

    def __init__(self, patient_id: str, aliases: Collection[str] = ()) -> None:
        self.patient_id = patient_id.removeprefix("Patient/")
        self._aliases = frozenset(aliases) | {f"urn:uuid:{self.patient_id}"}
        self._judged: dict[str, bool] = {f"Patient/{self.patient_id}": True}

    def owns(self, resource: AnyResource) -> bool:
        """False when the resource says that it belongs to somebody else."""
        subject = getattr(resource, "subject", None) or getattr(resource, "patient", None)
        reference = None if subject is None else subject.reference
        if reference is None:
            return is_about(resource, self.patient_id, self._aliases)
        judged = self._judged.get(reference)
        if judged is None:
            judged = self._judged[reference] = is_about(resource, self.patient_id, self._aliases)
        return judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What pages say about one type: the patient's resources, and what speaks against their being all.

    ``medications`` are the Medications that came along, each with the address it was sent under. ``unreadable`` counts
    lost resources by type, ``foreign`` those of other patients, ``unexpected`` those of other types. ``short`` is True
    when there are fewer entries than the search says it found. ``bodies`` are the answers of a server as they came.
    """

    ours: tuple[AnyResource, ...] = ()
    medications: tuple[tuple[str | None, Medication], ...] = ()
    unreadable: Mapping[str, int] = field(default_factory=dict)
    foreign: int = 0
    unexpected: int = 0
    short: bool = False
    bodies: tuple[bytes, ...] = field(default=(), repr=False, compare=False)

    @property
    def is_answer(self) -> bool:
        """False when all that came is of types that were not asked for (PRE-29)."""
        return not self.unexpected or bool(self.ours or self.foreign or self.medications or self.unreadable)

    @property
    def is_about_others(self) -> bool:
        """True when all of it belongs to other patients: it says nothing about this one."""
        return bool(self.foreign) and not self.ours

    @property
    def lost(self) -> bool:
        """True when a resource of this type may have been lost in reading; a lost Medication is not one."""
        return any(count for name, count in self.unreadable.items() if name != Medication.__name__)

    @property
    def is_whole(self) -> bool:
        """True when nothing speaks against these being all resources of the type."""
        return not (self.short or self.lost or self.is_about_others)


def read_pages(pages: Iterable[Page], resource_type: str, owner: Owner) -> Reading:
    """Sort the resources of a type out of pages: those of the patient once each, the others counted."""
    ours: dict[object, AnyResource] = {}
    medications: list[tuple[str | None, Medication]] = []
    unreadable = Counter[str]()
    foreign = unexpected = size = 0
    total: int | None = None
    owns = owner.owns
    bodies: list[bytes] = []
    for page in pages:
        if page.body:
            bodies.append(page.body)
        total = page.bundle.total if total is None else total
        size += len(page.bundle.entry) + sum(page.unreadable.values())
        for name, count in page.unreadable.items():
            unreadable[name or resource_type] += count
        for entry in page.bundle.entry:
            resource = entry.resource
            if isinstance(resource, Medication):
                medications.append((entry.fullUrl, resource))
            elif resource is not None and type(resource).__name__ == resource_type:
                if owns(resource):
                    ours.setdefault(resource.id or len(ours), resource)
                else:
                    foreign += 1
            elif not isinstance(resource, OperationOutcome):
                unexpected += 1
    return Reading(
        ours=tuple(ours.values()),
        medications=tuple(medications),
        unreadable=dict(unreadable),
        foreign=foreign,
        unexpected=unexpected,
        short=total is not None and total > size,
        bodies=tuple(bodies),
    )


def _is_outcome_alone(bundle: Bundle) -> bool:
    return len(bundle.entry) == 1 and isinstance(bundle.entry[0].resource, OperationOutcome)
