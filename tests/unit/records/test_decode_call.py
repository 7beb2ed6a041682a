"""A call's body becomes typed records; what is wrong with it is named or counted, and costs as little as possible."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import Raw

from cds_service.errors import InvalidHookRequest
from cds_service.records.decode import DecodedCall, decode_call
from cds_service.records.issues import DataIssue, IssueLog
from cds_service.records.members import CONCEPT, CONCEPTS, DOSAGES
from cds_service.records.resources import Bundle, Condition, MedicationRequest
from tests.unit.records.samples import RXNORM, body, bundle, call, condition, prefetched, request


def only_resource(decoded: DecodedCall, key: str = "k") -> Any:
    prefetch = decoded.call.prefetch
    assert prefetch is not None
    found = prefetch[key]
    assert isinstance(found, Bundle)
    assert len(found.entry) == 1
    return found.entry[0].resource


class TestValidBody:
    def test_the_fast_pass_reads_a_valid_call(self) -> None:
        decoded = decode_call(prefetched(conditions=bundle(condition()), medications=bundle(request())))
        assert not decoded.lenient
        assert decoded.problems == ()
        assert decoded.call.hook == "patient-view"
        found = only_resource(decoded, "conditions")
        assert isinstance(found, Condition)
        assert found.id == "c1"

    def test_members_that_rules_rarely_need_are_read_when_asked(self) -> None:
        found = only_resource(decode_call(prefetched(k=bundle(request()))))
        assert isinstance(found, MedicationRequest)
        dosages = DOSAGES.read(found.dosageInstruction, IssueLog(), "MedicationRequest.dosageInstruction")
        assert dosages[0].text == "200 mg twice daily"

    def test_null_is_kept_apart_from_absent(self) -> None:
        decoded = decode_call(prefetched(known_empty=None))
        assert decoded.call.prefetch == {"known_empty": None}

    def test_one_byte_order_mark_is_tolerated(self) -> None:
        assert decode_call(b"\xef\xbb\xbf" + body(call())).call.hook == "patient-view"

    def test_unknown_members_are_ignored_everywhere(self) -> None:
        junk = call(junk={"a": [1]}, extension={"x": 1})
        junk["context"]["junk"] = 5
        assert decode_call(body(junk)) == decode_call(body(call()))


class TestNotACall:
    @pytest.mark.parametrize(
        ("sent", "says"),
        [
            (b"", "not valid JSON"),
            (b"<html>", "not valid JSON"),
            (b'{"hook": NaN}', "not valid JSON"),
            (b'{"hook": "patient-view"} trailing', "not valid JSON"),
            (b'\xef\xbb\xbf\xef\xbb\xbf{"hook": "patient-view"}', "not valid JSON"),
            ('{"hook": "patient-view"}'.encode("utf-16"), "not valid JSON"),
            (b"[]", "must be a JSON object"),
            (b'"text"', "must be a JSON object"),
            (b"null", "must be a JSON object"),
            (b'{"prefetch":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "nested too deeply"),
            (b'{"other":' + b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b"}", "nested too deeply"),
        ],
    )
    def test_the_message_says_what_is_wrong_and_holds_no_content(self, sent: bytes, says: str) -> None:
        with pytest.raises(InvalidHookRequest, match=says) as caught:
            decode_call(sent)
        assert "patient-view" not in str(caught.value)


class TestEnvelope:
    @pytest.mark.parametrize(
        ("member", "value", "problem"),
        [
            ("hook", 5, "hook must be a string"),
            ("hookInstance", ["x"], "hookInstance must be a string"),
            ("context", [], "context must be an object"),
            ("context", "x", "context must be an object"),
            ("prefetch", [], "prefetch must be an object"),
            ("fhirServer", {}, "fhirServer must be a string"),
        ],
    )
    def test_a_member_of_the_wrong_type_is_named(self, member: str, value: object, problem: str) -> None:
        decoded = decode_call(body(call(**{member: value})))
        assert decoded.problems == (problem,)
        assert getattr(decoded.call, member) is None

    @pytest.mark.parametrize(
        ("member", "value", "problem"),
        [
            ("userId", 5, "context.userId must be a string"),
            ("patientId", 123, "context.patientId must be a string"),
            ("encounterId", {}, "context.encounterId must be a string"),
            ("selections", "MedicationRequest/1", "context.selections must be an array of strings"),
            ("selections", [1], "context.selections must be an array of strings"),
            ("draftOrders", [], "context.draftOrders must be a Bundle"),
            ("draftOrders", condition(), "context.draftOrders must be a Bundle"),
            ("draftOrders", {"resourceType": "Bundle", "entry": "x"}, "context.draftOrders must be a Bundle"),
        ],
    )
    def test_a_context_member_of_the_wrong_type_is_named(
        self, member: str, value: object, problem: str
    ) -> None:
        sent = call()
        sent["context"][member] = value
        decoded = decode_call(body(sent))
        assert decoded.problems == (problem,)
        assert decoded.call.context is not None
        assert getattr(decoded.call.context, member) is None

    def test_all_wrong_members_are_named_at_once(self) -> None:
        decoded = decode_call(body({"hook": 1, "hookInstance": 2, "context": 3}))
        assert decoded.problems == (
            "hook must be a string",
            "hookInstance must be a string",
            "context must be an object",
        )

    def test_missing_members_are_no_problem_of_decoding(self) -> None:
        decoded = decode_call(b"{}")
        assert decoded.problems == ()
        assert decoded.call.hook is None

    def test_draft_orders_may_leave_out_their_resource_type(self) -> None:
        sent = call()
        sent["context"]["draftOrders"] = {
            "entry": [{"resource": request()}, {"resource": {"resourceType": "Task"}}]
        }
        decoded = decode_call(body(sent))
        assert decoded.problems == ()
        assert decoded.call.context is not None
        assert decoded.call.context.draftOrders is not None
        kinds = [type(e.resource).__name__ for e in decoded.call.context.draftOrders.entry]
        assert kinds == ["MedicationRequest", "NoneType"]

    @pytest.mark.parametrize(
        "authorization", ["token", 5, [], {"access_token": 5}, {"access_token": "t", "expires_in": "soon"}]
    )
    def test_a_malformed_authorization_is_ignored_and_counted_never_fatal(
        self, authorization: object
    ) -> None:
        decoded = decode_call(body(call(fhirAuthorization=authorization)))
        assert decoded.problems == ()
        assert decoded.call.fhirAuthorization is None
        assert decoded.call.hook == "patient-view"
        assert any(issue.resource_type == "fhirAuthorization" for issue in decoded.issues)


class TestPrefetchValues:
    @pytest.mark.parametrize(
        "value", ["<html>", [], {}, 5, True, {"resourceType": "Practitioner"}, {"resourceType": 5}]
    )
    def test_a_value_that_is_no_resource_is_treated_as_absent_and_counted(self, value: object) -> None:
        decoded = decode_call(prefetched(bad=value, good=bundle(condition())))
        assert decoded.call.prefetch is not None
        assert set(decoded.call.prefetch) == {"good"}
        assert decoded.unusable == {"bad"}
        assert decoded.issues[DataIssue("prefetch", "", "wrong-type")] == 1

    def test_a_bundle_whose_entries_are_no_list_is_treated_as_absent(self) -> None:
        decoded = decode_call(prefetched(bad={"resourceType": "Bundle", "entry": "many"}))
        assert decoded.unusable == {"bad"}

    def test_an_entry_without_a_resource_and_an_entry_of_another_type_are_skipped(self) -> None:
        sent = bundle(condition(), {"resourceType": "Practitioner", "id": "d1"})
        sent["entry"].append({"fullUrl": "https://ehr.example.org/r4/y"})
        sent["entry"].append({"resource": None})
        decoded = decode_call(prefetched(k=sent))
        assert decoded.unreadable == {}
        assert decoded.call.prefetch is not None
        found = decoded.call.prefetch["k"]
        assert isinstance(found, Bundle)
        assert [e.resource.id for e in found.entry if e.resource] == ["c1"]

    def test_a_resource_that_cannot_be_read_costs_that_resource_only(self) -> None:
        decoded = decode_call(
            prefetched(k=bundle(condition(code=5), condition(id="c2"), "x", request(status={"a": 1})))
        )
        assert decoded.call.prefetch is not None
        found = decoded.call.prefetch["k"]
        assert isinstance(found, Bundle)
        assert [e.resource.id for e in found.entry if e.resource] == ["c2"]
        assert decoded.unreadable == {"k": {"Condition": 1, "MedicationRequest": 1, "": 1}}

    def test_an_unreadable_draft_is_counted_apart_from_the_history(self) -> None:
        sent = call()
        sent["context"]["draftOrders"] = bundle(request(intent={}, subject=7))
        assert decode_call(body(sent)).unreadable == {"draftOrders": {"MedicationRequest": 1}}


class TestRepairs:
    def test_one_coding_where_an_array_is_expected(self) -> None:
        sent = condition(code={"coding": {"system": "s", "code": "x"}})
        decoded = decode_call(prefetched(k=bundle(sent)))
        assert only_resource(decoded).code.coding[0].code == "x"
        assert decoded.issues == {DataIssue("Condition", "code.coding", "single-for-array"): 1}

    def test_an_array_where_one_concept_is_expected_gives_its_first(self) -> None:
        found = only_resource(
            decode_call(prefetched(k=bundle(condition(code=[{"text": "a"}, {"text": "b"}]))))
        )
        assert found.code.text == "a"

    def test_a_number_where_a_code_is_expected(self) -> None:
        coded = {"coding": [{"system": RXNORM, "code": 2002}]}
        decoded = decode_call(prefetched(k=bundle(request(medicationCodeableConcept=coded))))
        assert only_resource(decoded).medicationCodeableConcept.coding[0].code == "2002"
        assert list(decoded.issues) == [
            DataIssue("MedicationRequest", "medicationCodeableConcept.coding.code", "number-for-text")
        ]

    def test_a_field_of_the_wrong_type_is_dropped_alone(self) -> None:
        decoded = decode_call(prefetched(k=bundle(request(authoredOn={"a": 1}))))
        found = only_resource(decoded)
        assert found.authoredOn is None
        assert found.status == "stopped"
        assert decoded.issues == {DataIssue("MedicationRequest", "authoredOn", "wrong-type"): 1}

    def test_a_plain_text_where_a_concept_is_expected_is_a_code_and_a_text(self) -> None:
        found = only_resource(decode_call(prefetched(k=bundle(condition(code="trigeminal neuralgia")))))
        assert found.code.text == "trigeminal neuralgia"
        assert found.code.coding[0].code == "trigeminal neuralgia"

    def test_an_odd_member_that_is_read_late_is_repaired_when_it_is_read(self) -> None:
        """The fast pass accepts the body: such members cost nothing until a rule asks."""
        decoded = decode_call(
            prefetched(k=bundle(request(reasonCode={"text": "pain"}, statusReason="no benefit")))
        )
        assert not decoded.lenient
        log = IssueLog()
        found = only_resource(decoded)
        assert [c.text for c in CONCEPTS.read(found.reasonCode, log, "MedicationRequest.reasonCode")] == [
            "pain"
        ]
        reason = CONCEPT.read(found.statusReason, log, "MedicationRequest.statusReason")
        assert reason is not None
        assert reason.text == "no benefit"
        assert {issue.kind for issue in log.counts()} == {"single-for-array", "text-for-object"}

    def test_text_that_is_not_utf_8_costs_that_member_only(self) -> None:
        sent = prefetched(k=bundle(condition(recordedDate="NOT-UTF-8"))).replace(b"NOT-UTF-8", b"\xff\xfe")
        decoded = decode_call(sent)
        assert only_resource(decoded).recordedDate is None
        assert decoded.issues == {DataIssue("Condition", "recordedDate", "undecodable"): 1}

    def test_a_number_beyond_all_bounds_costs_that_member_only(self) -> None:
        sent = prefetched(k={"resourceType": "Bundle", "total": 777, "entry": []}).replace(b"777", b"1e999")
        decoded = decode_call(sent)
        assert decoded.call.prefetch == {"k": Bundle(total=None)}

    def test_a_member_nested_too_deeply_for_where_it_is_read_costs_that_member_only(self) -> None:
        deep = Raw(b'{"extension":' + b'{"a":' * 2_000 + b"1" + b"}" * 2_000 + b"}")
        log = IssueLog()
        assert CONCEPT.read(deep, log, "MedicationRequest.statusReason") is None
        assert log.counts() == {DataIssue("MedicationRequest", "statusReason", "undecodable"): 1}

    def test_issues_never_hold_values(self) -> None:
        decoded = decode_call(
            prefetched(k=bundle(condition(code=["SECRET"], onsetDateTime=["SECRET", "SECRET"])))
        )
        assert decoded.issues
        assert "SECRET" not in repr(decoded.issues)
