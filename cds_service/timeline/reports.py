"""DiagnosticReports and ImagingStudies: what was examined, and what was found."""

from __future__ import annotations

from cds_service.records.members import SERIES
from cds_service.records.references import reference_of
from cds_service.records.resources import CodeableConcept, DiagnosticReport, ImagingStudy
from cds_service.terminology import merge
from cds_service.timeline.dates import parse_span
from cds_service.timeline.events import Report
from cds_service.timeline.meaning import concept_from
from cds_service.timeline.reading import Reading, texts_of
from cds_service.timeline.sites import read_site
from cds_service.timeline.standing import Weight, weight_of

_REPORT, _STUDY = "DiagnosticReport", "ImagingStudy"


def read_report(report: DiagnosticReport, reading: Reading) -> Report | None:
    """Return a final (amended, corrected, appended) report; None when no rule knows its code or it lies in the future.

    Raises:
        Unusable: its status is missing or none of FHIR's.
    """
    meaning = reading.meanings.procedure.of(report.code) if report.code else None
    if report.code is None or meaning is None or not meaning.known:
        return None
    period = reading.period(report.effectivePeriod, f"{_REPORT}.effectivePeriod")
    when = report.effectiveDateTime or period.end or period.start or report.issued
    if weight_of(_REPORT, report.status) is Weight.NOTHING or reading.is_future(when):
        return None
    concept = meaning.concept
    coded = reading.concepts(report.conclusionCode, f"{_REPORT}.conclusionCode")
    words = tuple(text for text in (report.conclusion, *texts_of(*coded)) if text)
    return Report(
        reference=reference_of(report),
        concept=concept,
        when=parse_span(when),
        status=report.status or "",
        site=read_site([], concept.sets, texts_of(report.code), reading.meanings),
        conclusions=reading.meanings.condition.recorded(coded),
        text=". ".join(words) or None,
    )


def read_study(study: ImagingStudy, reading: Reading) -> Report | None:
    """Return an available imaging study as a report without conclusions; its description and notes are its text.

    Raises:
        Unusable: its status is missing or none of FHIR's.
    """
    resolved = merge(reading.meanings.procedure.of(code).resolved for code in study.procedureCode)
    written = next(iter(study.procedureCode), None)
    if not resolved.is_known and study.description:
        written = CodeableConcept(text=study.description)
        resolved = reading.meanings.procedure.of(written).resolved
    if not resolved.is_known:
        return None
    if weight_of(_STUDY, study.status) is Weight.NOTHING or reading.is_future(study.started):
        return None
    concept = concept_from(resolved, written)
    series = SERIES.read(study.series, reading.log, f"{_STUDY}.series")
    sites = [CodeableConcept(coding=(s.bodySite,)) for s in series if s.bodySite is not None]
    words = [text for text in (study.description, *(s.description for s in series)) if text]
    notes = reading.notes(study.note, f"{_STUDY}.note")
    return Report(
        reference=reference_of(study),
        concept=concept,
        when=parse_span(study.started),
        status="final",
        site=read_site(sites, concept.sets, words, reading.meanings),
        text=". ".join([*words, *notes]) or None,
    )
