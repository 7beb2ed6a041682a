"""Diagnoses, procedures, results, reports, allergies and requests: what they say."""

from __future__ import annotations

from cds_service.timeline.amounts import Amount
from cds_service.timeline.events import NOWHERE, Site
from tests.unit.timeline.lookup import CPT, LOINC, RXNORM
from tests.unit.timeline.resources import (
    Json,
    allergy,
    coded,
    condition,
    observation,
    procedure,
    report,
    resource,
    service_request,
    timeline,
)

LEFT, RIGHT = coded("7771000"), coded("24028007")


class TestDiagnoses:
    def test_dates_age_and_severity(self) -> None:
        (found,) = timeline(
            condition(
                onsetDateTime=None,
                onsetPeriod={"start": "2023-05"},
                onsetAge={"value": 38, "unit": "years"},
                recordedDate="2024-02-01",
                abatementDateTime="2025",
                severity=coded("24484000"),
                note=[{"text": "worse in winter"}],
            )
        ).diagnoses
        assert (str(found.onset), str(found.recorded), str(found.abated)) == ("2023-05", "2024-02-01", "2025")
        assert found.onset_age == Amount(38, 38, "a")
        assert found.severity == "severe"
        assert found.notes == ("worse in winter",)

    def test_severity_in_words(self) -> None:
        (found,) = timeline(condition(severity={"text": "Moderate"})).diagnoses
        assert found.severity == "moderate"

    def test_since_is_the_onset_else_the_day_it_was_recorded(self) -> None:
        (found,) = timeline(condition(onsetDateTime=None, recordedDate="2024-02-01")).diagnoses
        assert str(found.since) == "2024-02-01"


class TestProcedures:
    def test_the_day_is_its_end_else_its_start(self) -> None:
        period = {"start": "2025-10-01", "end": "2025-10-02"}
        (found,) = timeline(procedure(performedDateTime=None, performedPeriod=period)).procedures
        assert str(found.when) == "2025-10-02"
        (found,) = timeline(procedure(performedDateTime=None, performedPeriod={"start": "2025"})).procedures
        assert str(found.when) == "2025"

    def test_an_end_still_to_come_has_not_come(self) -> None:
        period = {"start": "2026-06-01", "end": "2026-07-01"}
        (found,) = timeline(
            procedure(performedDateTime=None, performedPeriod=period, status="in-progress")
        ).procedures
        assert str(found.when) == "2026-06-01"

    def test_outcome_reasons_and_complications(self) -> None:
        (found,) = timeline(
            procedure(
                status="stopped",
                statusReason=coded("183932001", text="bleeding risk"),
                outcome=coded("385671000"),
                complication=[coded("rash")],
                reasonCode=[coded("31681005")],
                note=[{"text": "abandoned"}],
            )
        ).procedures
        assert [
            sorted(c.sets)
            for c in (*found.outcomes, *found.status_reasons, *found.complications, *found.reasons)
        ] == [
            ["outcome-unsuccessful"],
            ["reason-contraindicated"],
            ["rash"],
            ["trigeminal-neuralgia"],
        ]
        assert found.texts == ("bleeding risk", "abandoned")
        assert not found.done


class TestCodesThatNeedContext:
    """CPT 61458 is a decompression of any cranial nerve."""

    MVD = coded("61458", CPT)

    def test_the_reason_of_the_procedure_decides(self) -> None:
        (found,) = timeline(procedure(code=self.MVD, reasonCode=[coded("31681005")])).procedures
        assert found.concept.sets == {"trigeminal-mvd"}
        (found,) = timeline(procedure(code=self.MVD, reasonCode=[coded("hfs")])).procedures
        assert found.concept.sets == frozenset()

    def test_a_diagnosis_referred_to_is_a_reason(self) -> None:
        sent = procedure(code=self.MVD, reasonReference=[{"reference": "Condition/1"}])
        (found,) = timeline(sent, condition()).procedures
        assert found.concept.sets == {"trigeminal-mvd"}

    def test_without_a_reason_a_competing_diagnosis_decides(self) -> None:
        (found,) = timeline(procedure(code=self.MVD)).procedures
        assert found.concept.sets == {"trigeminal-mvd"}
        (found,) = timeline(procedure(code=self.MVD), condition(code=coded("hfs"))).procedures
        assert found.concept.sets == frozenset()

    def test_a_name_that_needs_a_reason_is_settled_like_a_code(self) -> None:
        named = procedure(code={"text": "MVD"}, reasonCode=[coded("31681005")])
        (found,) = timeline(named).procedures
        assert (found.concept.sets, found.concept.basis) == (frozenset({"trigeminal-mvd"}), "text")
        (other,) = timeline({**named, "reasonCode": [coded("hfs")]}).procedures
        assert other.concept.sets == frozenset()

    def test_words_of_the_resource_decide_where_a_code_says_nothing(self) -> None:
        unlisted = coded("64999", CPT)
        (found,) = timeline(procedure(code=unlisted, note=[{"text": "pulsed radiofrequency"}])).procedures
        assert found.concept.sets == {"pulsed-rf"}
        assert timeline(procedure(code=unlisted, note=[{"text": "cooled"}])).procedures == ()
        (asked,) = timeline(service_request(code=unlisted, orderDetail=[{"text": "pulsed"}])).requests
        assert asked.concept.sets == {"pulsed-rf"}


class TestSites:
    def test_coded(self) -> None:
        (found,) = timeline(procedure(bodySite=[LEFT, coded("122496007")])).procedures
        assert found.site == Site(
            side="left", regions=frozenset({"region-lumbar"}), targets=frozenset({"target-gasserian"})
        )

    def test_left_beside_right_is_bilateral(self) -> None:
        (found,) = timeline(procedure(bodySite=[LEFT, RIGHT])).procedures
        assert found.site.side == "bilateral"

    def test_words_say_what_codes_leave_open(self) -> None:
        sent = service_request(code=coded("mri", text="right L4/5 facet"))
        (found,) = timeline(sent).requests
        assert found.site == Site(
            side="right",
            regions=frozenset({"region-lumbar"}),
            levels=frozenset({"L4/5"}),
            targets=frozenset({"target-facet"}),
            from_text=True,
        )

    def test_words_never_overrule_codes(self) -> None:
        (found,) = timeline(procedure(bodySite=[{**LEFT, "text": "right"}])).procedures
        assert (found.site.side, found.site.from_text) == ("left", False)

    def test_a_list_of_words_with_another_name_means_the_same_set(self) -> None:
        (found,) = timeline(service_request(code=coded("mri", text="DRG"))).requests
        assert found.site.targets == {"target-dorsal-root-ganglion"}

    def test_words_tell_which_of_the_targets_of_a_code_is_meant(self) -> None:
        (found,) = timeline(procedure(code=coded("nerve-block", text="facet"))).procedures
        assert found.site.targets == {"target-facet"}
        (open_,) = timeline(procedure(code=coded("nerve-block"))).procedures
        assert open_.site.targets == {"target-facet", "target-genicular"}

    def test_what_it_was_for_tells_the_region_where_nothing_else_does(self) -> None:
        reason = {"reasonCode": [coded("lumbar-pain")]}
        (done,) = timeline(procedure(**reason)).procedures
        (asked,) = timeline(service_request(**reason)).requests
        assert done.site.regions == asked.site.regions == {"region-lumbar"}

    def test_nothing_recorded_is_nowhere(self) -> None:
        (found,) = timeline(condition()).diagnoses
        assert found.site == NOWHERE


class TestResults:
    def test_a_quantity(self) -> None:
        (found,) = timeline(observation()).results
        assert found.value == Amount(131, 131, "mmol/L")
        assert (str(found.when), found.instant) == ("2026-06-01", "2026-06-01")

    def test_a_comparator_is_an_interval(self) -> None:
        (found,) = timeline(
            observation(valueQuantity={"value": 120, "comparator": "<", "unit": "mmol/L"})
        ).results
        assert found.value == Amount(0, 120, "mmol/L")

    def test_a_pain_mark_in_millimetres_is_read_on_the_scale_to_ten(self) -> None:
        sent = observation(code=coded("38214-3", LOINC), valueQuantity={"value": 45, "unit": "mm"})
        assert timeline(sent).results[0].value == Amount(4.5, 4.5, "cm")

    def test_whole_numbers_codes_texts_and_truths(self) -> None:
        values: list[Json] = [
            {"valueInteger": 7},
            {"valueCodeableConcept": coded("385671000", text="no")},
            {"valueString": "positive"},
            {"valueBoolean": True},
            {"valueRange": {"low": {"value": 1, "unit": "mg"}, "high": {"value": 2, "unit": "mg"}}},
        ]
        sent = [observation(id=str(i), valueQuantity=None, **v) for i, v in enumerate(values)]
        found = timeline(*sent).results
        assert found[0].value == Amount(7, 7, "")
        assert found[1].coded is not None
        assert found[1].coded.sets == {"outcome-unsuccessful"}
        assert found[2].text == "positive"
        assert found[3].coded is not None
        assert found[3].coded.label == "true"
        assert found[4].value == Amount(1, 2, "mg")

    def test_the_text_of_its_code_is_text_when_it_has_no_value(self) -> None:
        sent = observation(code=coded("2951-2", LOINC, text="HLA-B*15:02 positive"), valueQuantity=None)
        (found,) = timeline(sent).results
        assert (found.value, found.text) == (None, "HLA-B*15:02 positive")

    def test_each_component_is_a_result_of_its_own(self) -> None:
        def part(code: str, value: int) -> dict[str, object]:
            return {"code": coded(code, LOINC), "valueQuantity": {"value": value, "unit": "mmHg"}}

        panel = observation(
            code=coded("85354-9", LOINC),
            valueQuantity=None,
            component=[part("8480-6", 182), part("8462-4", 96), part("x", 1)],
        )
        found = timeline(panel).results
        assert [(sorted(r.concept.sets), r.value) for r in found] == [
            (["systolic-bp"], Amount(182, 182, "mm[Hg]")),
            (["diastolic-bp"], Amount(96, 96, "mm[Hg]")),
        ]
        assert {r.reference for r in found} == {"Observation/1"}

    def test_limits_and_interpretation(self) -> None:
        high = {"high": {"value": 145, "unit": "mmol/L"}}
        (found,) = timeline(observation(referenceRange=[high], interpretation=[coded("L", "v3")])).results
        assert (found.reference_high, found.interpretation) == (Amount(145, 145, "mmol/L"), frozenset({"L"}))
        (several,) = timeline(observation(referenceRange=[high, high])).results
        assert several.reference_high is None

    def test_the_day_is_the_effective_one_else_the_day_of_issue(self) -> None:
        (found,) = timeline(observation(effectiveDateTime=None, issued="2026-06-03T10:00:00Z")).results
        assert str(found.when) == "2026-06-03"


class TestReportsAllergiesRequests:
    def test_a_report_keeps_its_coded_findings_and_its_words(self) -> None:
        (found,) = timeline(
            report(conclusionCode=[coded("compression", text="conflict")], conclusion="Root atrophy")
        ).reports
        assert [sorted(c.sets) for c in found.conclusions] == [["neurovascular-compression"]]
        assert found.text == "Root atrophy. conflict"

    def test_a_study_may_be_named_by_any_of_its_codes_and_says_its_words(self) -> None:
        study = resource(
            "ImagingStudy",
            status="available",
            started="2026-02-01",
            procedureCode=[coded("other"), coded("mri")],
            description="brain",
            series=[
                {
                    "bodySite": {"system": "http://snomed.info/sct", "code": "7771000"},
                    "description": "thin slices",
                }
            ],
        )
        (found,) = timeline(study).reports
        assert (found.concept.sets, found.site.side, found.text) == (
            frozenset({"brain-mri"}),
            "left",
            "brain. thin slices",
        )

    def test_a_study_may_be_named_by_its_description_only(self) -> None:
        study = resource("ImagingStudy", status="available", description="nothing that rules know")
        assert timeline(study).reports == ()

    def test_codes_that_no_rule_knows_are_no_reports_requests_or_allergies(self) -> None:
        unknown = coded("flat-feet")
        device = resource("DeviceRequest", status="active", intent="order", codeCodeableConcept=unknown)
        found = timeline(report(code=unknown), service_request(code=unknown), allergy(code=unknown), device)
        assert (found.reports, found.requests, found.allergies) == ((), (), ())

    def test_resources_without_a_code_are_nothing(self) -> None:
        device = resource("DeviceRequest", status="active", intent="order")
        found = timeline(
            report(code=None), service_request(code=None), procedure(code=None), condition(code=None), device
        )
        assert (found.reports, found.requests, found.procedures, found.diagnoses) == ((), (), (), ())

    def test_a_device_request_that_is_over_or_still_to_come_is_none(self) -> None:
        device = resource(
            "DeviceRequest", status="active", intent="order", codeCodeableConcept=coded("pacemaker")
        )
        assert timeline({**device, "status": "revoked"}).requests == ()
        assert timeline({**device, "authoredOn": "2027-01-01"}).requests == ()

    def test_an_unlisted_device_counts_by_the_words_of_its_order(self) -> None:
        device = resource(
            "DeviceRequest", status="active", intent="order", codeCodeableConcept=coded("64999", CPT)
        )
        assert timeline(device).requests == ()
        (found,) = timeline({**device, "note": [{"text": "pulsed"}]}).requests
        assert found.concept.sets == {"pulsed-rf"}

    def test_an_observation_without_a_known_status_is_unreadable(self) -> None:
        assert timeline(observation(status="perhaps")).unreadable == {"Observation": 1}

    def test_an_allergy(self) -> None:
        (found,) = timeline(
            allergy(
                type="allergy",
                criticality="high",
                reaction=[{"manifestation": [coded("rash", text="rash")], "severity": "severe"}],
            )
        ).allergies
        assert (found.concept.sets, found.kind, found.criticality) == (
            frozenset({"carbamazepine"}),
            "allergy",
            "high",
        )
        assert [sorted(m.sets) for m in found.manifestations] == [["rash"]]
        assert (found.severities, str(found.recorded), found.texts) == (
            frozenset({"severe"}),
            "2020-01-01",
            ("rash",),
        )

    def test_the_substance_of_a_reaction_names_an_allergy_too(self) -> None:
        (found,) = timeline(
            allergy(code={"text": "drug rash"}, reaction=[{"substance": coded("32624", RXNORM)}])
        ).allergies
        assert found.concept.sets == {"oxcarbazepine"}

    def test_a_request(self) -> None:
        (found,) = timeline(
            service_request(
                occurrencePeriod={"start": "2026-07-01"},
                reasonCode=[coded("31681005")],
                reasonReference=[{"reference": "https://ehr.example.org/r4/Condition/5"}],
                priority="urgent",
                category=[coded("Imaging")],
                note=[{"text": "please"}],
            )
        ).requests
        assert (str(found.authored), str(found.planned)) == ("2026-05-01", "2026-07-01")
        assert [sorted(r.sets) for r in found.reasons] == [["trigeminal-neuralgia"], []]
        assert found.reason_references == ("Condition/5",)
        assert (found.priority, found.categories, found.texts) == (
            "urgent",
            frozenset({"imaging"}),
            ("please",),
        )

    def test_a_device_request(self) -> None:
        sent = resource(
            "DeviceRequest", status="active", intent="order", codeCodeableConcept=coded("pacemaker")
        )
        (found,) = timeline(sent).requests
        assert (found.resource_type, found.concept.sets) == ("DeviceRequest", frozenset({"pacemaker"}))

    def test_a_visit_of_a_known_type(self) -> None:
        sent = resource("Encounter", status="finished", type=[coded("other"), coded("review")])
        (found,) = timeline(sent).visits
        assert found.concept.sets == {"medication-review"}
