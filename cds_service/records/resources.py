"""The parts of FHIR R4 resources that rules read, as msgspec structs.

Unknown members are skipped while decoding, so a record costs only what is listed here. Every field is optional:
records are read leniently (https://hl7.org/fhir/R4/), and what is missing stays ``None`` or empty.

Most resources of a patient say nothing to any rule, so a resource decodes only what tells whether it matters (its code,
status, subject and plain dates). Members typed ``Raw`` stay JSON bytes until somebody asks: read them with the shape of
``members`` that the comment names, e.g. ``DOSAGES.read(request.dosageInstruction, log, "MedicationRequest.dosageInstruction")``.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw

NOTHING = Raw()
"""A member that is absent."""


class Record(msgspec.Struct, gc=False, frozen=True, kw_only=True):
    """Base of all data types: immutable, untracked by the collector."""


class Coding(Record, frozen=True):
    system: str | None = None
    code: str | None = None
    display: str | None = None


class CodeableConcept(Record, frozen=True):
    coding: tuple[Coding, ...] = ()
    text: str | None = None


class Reference(Record, frozen=True):
    reference: str | None = None
    display: str | None = None


class Quantity(Record, frozen=True):
    value: float | None = None
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None


class Range(Record, frozen=True):
    low: Quantity | None = None
    high: Quantity | None = None


class Ratio(Record, frozen=True):
    numerator: Quantity | None = None
    denominator: Quantity | None = None


class Period(Record, frozen=True):
    start: str | None = None
    end: str | None = None


class Annotation(Record, frozen=True):
    text: str | None = None
    time: str | None = None


class Extension(Record, frozen=True):
    url: str | None = None
    valueCoding: Coding | None = None
    valueString: str | None = None
    valueCode: str | None = None
    extension: tuple[Extension, ...] = ()


class TimingRepeat(Record, frozen=True):
    boundsPeriod: Period | None = None
    boundsDuration: Quantity | None = None
    boundsRange: Range | None = None
    count: int | None = None
    duration: float | None = None
    durationUnit: str | None = None
    frequency: int | None = None
    frequencyMax: int | None = None
    period: float | None = None
    periodMax: float | None = None
    periodUnit: str | None = None
    dayOfWeek: tuple[str, ...] = ()
    timeOfDay: tuple[str, ...] = ()
    when: tuple[str, ...] = ()


class Timing(Record, frozen=True):
    event: tuple[str, ...] = ()
    repeat: TimingRepeat | None = None
    code: CodeableConcept | None = None


class DoseAndRate(Record, frozen=True):
    type: CodeableConcept | None = None
    doseQuantity: Quantity | None = None
    doseRange: Range | None = None
    rateQuantity: Quantity | None = None
    rateRange: Range | None = None
    rateRatio: Ratio | None = None


class Dosage(Record, frozen=True):
    sequence: int | None = None
    text: str | None = None
    timing: Timing | None = None
    asNeededBoolean: bool | None = None
    asNeededCodeableConcept: CodeableConcept | None = None
    route: CodeableConcept | None = None
    doseAndRate: tuple[DoseAndRate, ...] = ()
    maxDosePerPeriod: Ratio | None = None


class DispenseRequest(Record, frozen=True):
    validityPeriod: Period | None = None
    numberOfRepeatsAllowed: int | None = None
    quantity: Quantity | None = None
    expectedSupplyDuration: Quantity | None = None


class Resource(msgspec.Struct, gc=False, frozen=True, kw_only=True, tag_field="resourceType", tag=True):
    """Base of all resources; the JSON member ``resourceType`` selects the class."""

    id: str | None = None


class Patient(Resource, frozen=True):
    birthDate: str | None = None
    gender: str | None = None
    deceasedBoolean: bool | None = None
    deceasedDateTime: str | None = None
    extension: tuple[Extension, ...] = ()


class Condition(Resource, frozen=True):
    clinicalStatus: Raw = NOTHING  # CodeableConcept
    verificationStatus: Raw = NOTHING  # CodeableConcept
    severity: Raw = NOTHING  # CodeableConcept
    code: CodeableConcept | None = None
    bodySite: Raw = NOTHING  # tuple[CodeableConcept, ...]
    subject: Reference | None = None
    onsetDateTime: str | None = None
    onsetPeriod: Raw = NOTHING  # Period
    onsetAge: Raw = NOTHING  # Quantity
    abatementDateTime: str | None = None
    abatementPeriod: Raw = NOTHING  # Period
    recordedDate: str | None = None
    note: Raw = NOTHING  # tuple[Annotation, ...]


class MedicationIngredient(Record, frozen=True):
    itemCodeableConcept: CodeableConcept | None = None
    strength: Ratio | None = None


class Medication(Resource, frozen=True):
    code: CodeableConcept | None = None
    form: CodeableConcept | None = None
    ingredient: tuple[MedicationIngredient, ...] = ()


class MedicationRequest(Resource, frozen=True):
    contained: Raw = NOTHING  # tuple[AnyResource, ...]
    status: str | None = None
    statusReason: Raw = NOTHING  # CodeableConcept
    intent: str | None = None
    category: Raw = NOTHING  # tuple[CodeableConcept, ...]
    priority: str | None = None
    doNotPerform: bool | None = None
    medicationCodeableConcept: CodeableConcept | None = None
    medicationReference: Reference | None = None
    subject: Reference | None = None
    encounter: Raw = NOTHING  # Reference
    authoredOn: str | None = None
    reasonCode: Raw = NOTHING  # tuple[CodeableConcept, ...]
    reasonReference: Raw = NOTHING  # tuple[Reference, ...]
    note: Raw = NOTHING  # tuple[Annotation, ...]
    dosageInstruction: Raw = NOTHING  # tuple[Dosage, ...]
    dispenseRequest: Raw = NOTHING  # DispenseRequest
    priorPrescription: Raw = NOTHING  # Reference


class MedicationStatement(Resource, frozen=True):
    contained: Raw = NOTHING  # tuple[AnyResource, ...]
    status: str | None = None
    statusReason: Raw = NOTHING  # tuple[CodeableConcept, ...]
    medicationCodeableConcept: CodeableConcept | None = None
    medicationReference: Reference | None = None
    subject: Reference | None = None
    effectiveDateTime: str | None = None
    effectivePeriod: Raw = NOTHING  # Period
    dateAsserted: str | None = None
    reasonCode: Raw = NOTHING  # tuple[CodeableConcept, ...]
    reasonReference: Raw = NOTHING  # tuple[Reference, ...]
    note: Raw = NOTHING  # tuple[Annotation, ...]
    dosage: Raw = NOTHING  # tuple[Dosage, ...]


class AdministrationDosage(Record, frozen=True):
    text: str | None = None
    route: CodeableConcept | None = None
    dose: Quantity | None = None
    rateRatio: Ratio | None = None
    rateQuantity: Quantity | None = None


class MedicationAdministration(Resource, frozen=True):
    contained: Raw = NOTHING  # tuple[AnyResource, ...]
    status: str | None = None
    statusReason: Raw = NOTHING  # tuple[CodeableConcept, ...]
    medicationCodeableConcept: CodeableConcept | None = None
    medicationReference: Reference | None = None
    subject: Reference | None = None
    effectiveDateTime: str | None = None
    effectivePeriod: Raw = NOTHING  # Period
    reasonCode: Raw = NOTHING  # tuple[CodeableConcept, ...]
    note: Raw = NOTHING  # tuple[Annotation, ...]
    dosage: Raw = NOTHING  # AdministrationDosage


class MedicationDispense(Resource, frozen=True):
    contained: Raw = NOTHING  # tuple[AnyResource, ...]
    status: str | None = None
    statusReasonCodeableConcept: Raw = NOTHING  # CodeableConcept
    medicationCodeableConcept: CodeableConcept | None = None
    medicationReference: Reference | None = None
    subject: Reference | None = None
    authorizingPrescription: Raw = NOTHING  # tuple[Reference, ...]
    quantity: Raw = NOTHING  # Quantity
    daysSupply: Raw = NOTHING  # Quantity
    whenPrepared: str | None = None
    whenHandedOver: str | None = None
    note: Raw = NOTHING  # tuple[Annotation, ...]
    dosageInstruction: Raw = NOTHING  # tuple[Dosage, ...]


class Procedure(Resource, frozen=True):
    status: str | None = None
    statusReason: Raw = NOTHING  # CodeableConcept
    code: CodeableConcept | None = None
    subject: Reference | None = None
    performedDateTime: str | None = None
    performedPeriod: Raw = NOTHING  # Period
    reasonCode: Raw = NOTHING  # tuple[CodeableConcept, ...]
    reasonReference: Raw = NOTHING  # tuple[Reference, ...]
    bodySite: Raw = NOTHING  # tuple[CodeableConcept, ...]
    outcome: Raw = NOTHING  # CodeableConcept
    complication: Raw = NOTHING  # tuple[CodeableConcept, ...]
    note: Raw = NOTHING  # tuple[Annotation, ...]


class AllergyReaction(Record, frozen=True):
    substance: CodeableConcept | None = None
    manifestation: tuple[CodeableConcept, ...] = ()
    severity: str | None = None


class AllergyIntolerance(Resource, frozen=True):
    clinicalStatus: Raw = NOTHING  # CodeableConcept
    verificationStatus: Raw = NOTHING  # CodeableConcept
    type: str | None = None
    criticality: str | None = None
    code: CodeableConcept | None = None
    patient: Reference | None = None
    onsetDateTime: str | None = None
    recordedDate: str | None = None
    reaction: Raw = NOTHING  # tuple[AllergyReaction, ...]
    note: Raw = NOTHING  # tuple[Annotation, ...]


class ReferenceRange(Record, frozen=True):
    low: Quantity | None = None
    high: Quantity | None = None


class ObservationComponent(Record, frozen=True):
    code: CodeableConcept | None = None
    valueQuantity: Quantity | None = None
    valueCodeableConcept: CodeableConcept | None = None
    valueString: str | None = None
    valueInteger: int | None = None


class Observation(Resource, frozen=True):
    status: str | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    effectiveDateTime: str | None = None
    effectivePeriod: Raw = NOTHING  # Period
    effectiveInstant: str | None = None
    issued: str | None = None
    valueQuantity: Raw = NOTHING  # Quantity
    valueCodeableConcept: Raw = NOTHING  # CodeableConcept
    valueString: str | None = None
    valueInteger: int | None = None
    valueBoolean: bool | None = None
    valueRange: Raw = NOTHING  # Range
    interpretation: Raw = NOTHING  # tuple[CodeableConcept, ...]
    bodySite: Raw = NOTHING  # CodeableConcept
    note: Raw = NOTHING  # tuple[Annotation, ...]
    referenceRange: Raw = NOTHING  # tuple[ReferenceRange, ...]
    component: Raw = NOTHING  # tuple[ObservationComponent, ...]


class DiagnosticReport(Resource, frozen=True):
    status: str | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    effectiveDateTime: str | None = None
    effectivePeriod: Raw = NOTHING  # Period
    issued: str | None = None
    conclusion: str | None = None
    conclusionCode: Raw = NOTHING  # tuple[CodeableConcept, ...]


class ImagingSeries(Record, frozen=True):
    bodySite: Coding | None = None
    description: str | None = None


class ImagingStudy(Resource, frozen=True):
    status: str | None = None
    subject: Reference | None = None
    started: str | None = None
    procedureCode: tuple[CodeableConcept, ...] = ()
    description: str | None = None
    series: Raw = NOTHING  # tuple[ImagingSeries, ...]
    note: Raw = NOTHING  # tuple[Annotation, ...]


class ServiceRequest(Resource, frozen=True):
    status: str | None = None
    intent: str | None = None
    category: Raw = NOTHING  # tuple[CodeableConcept, ...]
    priority: str | None = None
    doNotPerform: bool | None = None
    code: CodeableConcept | None = None
    orderDetail: Raw = NOTHING  # tuple[CodeableConcept, ...]
    subject: Reference | None = None
    encounter: Raw = NOTHING  # Reference
    occurrenceDateTime: str | None = None
    occurrencePeriod: Raw = NOTHING  # Period
    authoredOn: str | None = None
    reasonCode: Raw = NOTHING  # tuple[CodeableConcept, ...]
    reasonReference: Raw = NOTHING  # tuple[Reference, ...]
    bodySite: Raw = NOTHING  # tuple[CodeableConcept, ...]
    note: Raw = NOTHING  # tuple[Annotation, ...]


class DeviceRequest(Resource, frozen=True):
    status: str | None = None
    intent: str | None = None
    codeCodeableConcept: CodeableConcept | None = None
    subject: Reference | None = None
    authoredOn: str | None = None
    reasonCode: Raw = NOTHING  # tuple[CodeableConcept, ...]
    reasonReference: Raw = NOTHING  # tuple[Reference, ...]
    note: Raw = NOTHING  # tuple[Annotation, ...]


class DeviceName(Record, frozen=True):
    name: str | None = None


class Device(Resource, frozen=True):
    status: str | None = None
    type: CodeableConcept | None = None
    patient: Reference | None = None
    deviceName: tuple[DeviceName, ...] = ()
    manufactureDate: str | None = None


class Encounter(Resource, frozen=True):
    status: str | None = None
    class_: Coding | None = msgspec.field(default=None, name="class")
    type: tuple[CodeableConcept, ...] = ()
    serviceType: CodeableConcept | None = None
    subject: Reference | None = None
    period: Period | None = None
    reasonCode: tuple[CodeableConcept, ...] = ()


class OutcomeIssue(Record, frozen=True):
    severity: str | None = None
    code: str | None = None


class OperationOutcome(Resource, frozen=True):
    issue: tuple[OutcomeIssue, ...] = ()


class BundleLink(Record, frozen=True):
    relation: str | None = None
    url: str | None = None


class BundleSearch(Record, frozen=True):
    mode: str | None = None


class BundleEntry(Record, frozen=True):
    fullUrl: str | None = None
    resource: AnyResource | None = None
    search: BundleSearch | None = None


class Bundle(Resource, frozen=True):
    type: str | None = None
    total: int | None = None
    link: tuple[BundleLink, ...] = ()
    entry: tuple[BundleEntry, ...] = ()


AnyResource = (
    Patient
    | Condition
    | Medication
    | MedicationRequest
    | MedicationStatement
    | MedicationAdministration
    | MedicationDispense
    | Procedure
    | AllergyIntolerance
    | Observation
    | DiagnosticReport
    | ImagingStudy
    | ServiceRequest
    | DeviceRequest
    | Device
    | Encounter
    | OperationOutcome
    | Bundle
)


class Context(Record, frozen=True):
    """``context`` of patient-view, order-select and order-sign (CDS Hooks Library 1.0.1)."""

    userId: str | None = None
    patientId: str | None = None
    encounterId: str | None = None
    selections: tuple[str, ...] | None = None
    draftOrders: Bundle | None = None


class FhirAuthorization(Record, frozen=True):
    """The access token passed with a call (CDS Hooks 2.0.1, Passing the access token). Never stored or logged."""

    access_token: str | None = None
    token_type: str | None = None
    expires_in: int | None = None
    scope: str | None = None
    subject: str | None = None
    patient: str | None = None


class HookCall(Record, frozen=True):
    """The whole body of a call, decoded in one pass."""

    hook: str | None = None
    hookInstance: str | None = None
    context: Context | None = None
    prefetch: dict[str, AnyResource | None] | None = None
    fhirServer: str | None = None
    fhirAuthorization: FhirAuthorization | None = None
