"""Codes, names and texts

What a resource is about is told by its codings; only when none of them is known, by its words.
"""

from __future__ import annotations

from typing import Any

from tests.spec.clinic import Clinic, Judged
from tests.spec.examples import examples
from tests.spec.hospital import Hospital, explained
from tests.spec.raw import CARBAMAZEPINE, concept, item, request

PAIN = "condition: trigeminal-neuralgia"
MIGRAINE = "condition: migraine"
SINCE = "from: 2026-01-01, to: 2026-04-01"
TABLET = "take: 1 tablet once a day"
DRUGS = ("carbamazepine", "oxcarbazepine", "baclofen", "gabapentin")


def drugs_of(judged: Judged) -> list[str]:
    """Names of the drugs of the facial-pain pathway that were tried."""
    return [drug for drug in DRUGS if judged.verdict(drug) != "not-tried"]


class TestCodes:
    """Codes"""

    @examples(
        {"codings": "Codings", "known": "Carbamazepine"},
        [
            ("[LOCAL CBZ-XR, RXNORM 866305]", True),
            ("[RXNORM 866305, LOCAL CBZ-XR]", True),
            ("[LOCAL CBZ-XR]", False),
        ],
    )
    def test_all_codings(self, clinic: Clinic, codings: str, known: bool) -> None:
        """A match is a pair of system and code. All codings of a concept are looked at; one that is known is enough."""
        assert drugs_of(clinic.judge(f"order: {codings}, {SINCE}")) == (["carbamazepine"] if known else [])

    @examples(
        {"system": "system of code 2002", "known": "Carbamazepine"},
        [
            ("http://www.nlm.nih.gov/research/umls/rxnorm", True),
            ("https://www.nlm.nih.gov/research/umls/rxnorm", True),
            ("http://www.nlm.nih.gov/research/umls/rxnorm/", True),
            ("urn:oid:2.16.840.1.113883.6.88", True),
            ("http://snomed.info/sct", False),
            (None, False),
        ],
    )
    def test_names_of_a_system(self, clinic: Clinic, system: str | None, known: bool) -> None:
        """A code system may go by several names: an OID, http or https, a slash at the end. They all mean that system. The same
        code in another system is another code."""
        coding = {"code": CARBAMAZEPINE} | ({"system": system} if system else {})
        judged = clinic.judge(request(medicationCodeableConcept={"coding": [coding]}))
        assert drugs_of(judged) == (["carbamazepine"] if known else [])

    @examples(
        {"written": "ICD-10-CM code", "known": "Trigeminal neuralgia"},
        [("G50.0", True), ("G500", True), ("g50.0", True), ("G50.1", False)],
    )
    def test_dots(self, clinic: Clinic, written: str, known: bool) -> None:
        """ICD and ATC codes are compared without dots and in any case."""
        judged = clinic.judge(f"condition: ICD10CM {written}", FAILED)
        assert judged.fired == (["TN-05"] if known else [])

    @examples(
        {"code": "Code of the session", "reason": "Reason", "known": "Decompression"},
        [
            ("CPT 61458", "trigeminal-neuralgia", True),
            ("CPT 61458", "ICD10CM G51.3", False),
            ("CPT 61458", None, True),
            ("CPT 61458, with hemifacial spasm on record", None, False),
            ("ICD10PCS 00NK0ZZ", None, True),
        ],
    )
    def test_codes_that_need_a_reason(
        self, clinic: Clinic, code: str, reason: str | None, known: bool
    ) -> None:
        """Some codes mean a therapy only in context. CPT 61458, an open decompression of any cranial nerve, counts with a
        trigeminal reason; without any reason it counts unless the patient has another disease for which it is done. A code
        that names the trigeminal nerve needs nothing."""
        other = ["condition: ICD10CM G51.3"] if "on record" in code else []
        why = f", reason: {reason}" if reason else ""
        judged = clinic.judge(f"procedure: {code.partition(',')[0]}, at: 2026-03-01{why}", *other)
        assert (judged.verdict("decompression") != "not-tried") is known

    @examples(
        {"text": "CPT 64640 with text", "known": "Nerve ablation by cold"},
        [("cryoablation of a peripheral nerve", True), ("destruction of a peripheral nerve", False)],
    )
    def test_codes_that_need_words(self, clinic: Clinic, text: str, known: bool) -> None:
        """Others mean something only with a word beside them."""
        judged = clinic.judge(MIGRAINE, f"procedure: CPT 64640, text: {text}, at: 2026-05-01")
        assert ("a nerve ablation by cold" in judged.says("CM-09")) is known

    @examples(
        {"code": "Request", "known": "Physical therapy"},
        [("CPT 97110", True), ("CPT 97010", False), ("[CPT 97010, CPT 97110]", True)],
    )
    def test_weak_codes(self, clinic: Clinic, code: str, known: bool) -> None:
        """A code that is only weak evidence never decides alone: hot packs (CPT 97010) are no course of physical therapy."""
        judged = clinic.judge(MIGRAINE, f"request: {code}, at: 2026-05-01")
        assert judged.says("CM-09") == (["physical therapy"] if known else [])

    @examples(
        {"allergen": "Allergy with high criticality to", "drug": "Ordered", "level": "Level of the card"},
        [
            ("SNOMED 387222003", "carbamazepine", "critical"),
            ("SNOMED 387025007", "oxcarbazepine", "info"),
        ],
    )
    def test_unverified_codes(self, clinic: Clinic, allergen: str, drug: str, level: str) -> None:
        """A code whose meaning was never seen in a public source may recognise history. It never drives a warning or critical
        card alone; the card says so. Here it is the SNOMED CT code of oxcarbazepine."""
        judged = clinic.judge(
            PAIN, f"allergy: {allergen}, criticality: high", drafts=[f"order: {drug}"], hook="order-sign"
        )
        card = judged.card("TN-21")
        assert card["indicator"] == level
        assert ("a code that it rests on is not verified" in card["detail"]) is (level == "info")

    def test_unverified_codes_are_inferred(self, clinic: Clinic) -> None:
        """What rests on it is inferred, not documented."""
        assert clinic.judge("allergy: SNOMED 387222003").trial("carbamazepine").certainty == "documented"
        assert clinic.judge("allergy: SNOMED 387025007").trial("oxcarbazepine").certainty == "inferred"


class TestProducts:
    """Products and ingredients"""

    @examples(
        {"code": "Code", "drug": "Drug", "dose": "Dose of one piece a day"},
        [
            ("RXNORM 2002", "carbamazepine", "unknown: strength of the product is not known"),
            ("ATC N03AF01", "carbamazepine", "unknown: strength of the product is not known"),
            ("RXNORM 308979", "carbamazepine", "200 mg"),
            ("RXNORM 308972", "carbamazepine", "200 mg"),
            ("RXNORM 866307", "carbamazepine", "400 mg"),
            ("RXNORM 310431", "gabapentin", "300 mg"),
        ],
    )
    def test_products(self, clinic: Clinic, code: str, drug: str, dose: str) -> None:
        """A product, generic or brand, stands for its ingredients with their strengths, by a table that comes with the
        service. A code of the ingredient alone has no strength."""
        judged = clinic.judge(f"order: {code}, {SINCE}, {TABLET}")
        assert drugs_of(judged) == [drug]
        assert judged.dose(drug) == dose

    @examples(
        {"code": "Combination", "therapy": "Therapy", "dose": "Dose of one tablet a day"},
        [
            ("RXNORM 849450", "sumatriptan", "85 mg"),
            ("RXNORM 849450", "naproxen", "500 mg"),
            ("RXNORM 856706", "amitriptyline", "10 mg"),
        ],
    )
    def test_combinations(self, clinic: Clinic, code: str, therapy: str, dose: str) -> None:
        """A combination is a trial of each of its ingredients that the pathway names: sumatriptan with naproxen of both,
        amitriptyline with perphenazine of amitriptyline."""
        judged = clinic.judge(f"order: {code}, {SINCE}, {TABLET}")
        assert judged.dose(therapy, pathway="headache") == dose

    @examples(
        {
            "product": "Ordered for 90 days, 50 mg of amitriptyline a day",
            "verdict": "Verdict",
            "reason": "Its reason",
        },
        [
            ("RXNORM 704, 50 mg once a day", "failed", "absent"),
            ("RXNORM 856706, 5 tablets once a day", "unknown", "combination"),
        ],
    )
    def test_combinations_prove_nothing(
        self, clinic: Clinic, product: str, verdict: str, reason: str
    ) -> None:
        """It does not prove an adequate trial of an ingredient, unless the pathway says so."""
        code, _, take = product.partition(", ")
        judged = clinic.judge(f"order: {code}, take: {take}, {SINCE}, because: reason-no-effect")
        trial = judged.trial("amitriptyline", pathway="headache")
        assert (trial.verdict, trial.reason) == (verdict, reason)

    @examples(
        {
            "text": "Text or display of an unknown product code",
            "dose": "Dose of one piece a day",
            "by_name": "By name only",
        },
        [
            ("carbamazepine 250 MG Oral Tablet", "250 mg", False),
            ("carbamazepine 150 MG Extended Release Oral Capsule [Carbatrol]", "150 mg", False),
            ("carbamazepine", "unknown: strength of the product is not known", True),
            ("carbamazepine 250", "unknown: strength of the product is not known", True),
            (
                "baclofen 10 MG / carbamazepine 250 MG Oral Tablet",
                "unknown: strength of the product is not known",
                True,
            ),
        ],
    )
    def test_products_that_no_table_has(self, clinic: Clinic, text: str, dose: str, by_name: bool) -> None:
        """A product code that the table lacks counts as coded when its text names exactly one known ingredient with strength
        and form, in the way of RxNorm. It is marked inferred. Any other text is read for names."""
        judged = clinic.judge(
            f'order: {{codes: [RXNORM 9999901], text: "{text}"}}, {SINCE}, {TABLET}',
        )
        trial = judged.trial("carbamazepine")
        assert judged.dose() == dose
        assert trial.certainty == "inferred"
        assert trial.by_text is by_name

    def test_unknown_products_are_counted(self, clinic: Clinic) -> None:
        """Product codes that no table knows are counted and listed, by system."""
        orders = [f"order: RXNORM {code}, from: 2026-01-01" for code in ("9999901", "9999901", "9999902")]
        counts = clinic.judge(*orders).outcome.engine.timeline.unknown_codes
        assert counts == {("RXNORM", "9999901"): 2, ("RXNORM", "9999902"): 1}


class TestWords:
    """Names in texts"""

    @examples(
        {
            "coding": "Known coding",
            "text": "text",
            "display": "display",
            "drug": "Read as",
            "certainty": "Certainty",
        },
        [
            ("carbamazepine", "oxcarbazepine", None, "carbamazepine", "documented"),
            (None, "oxcarbazepine", "carbamazepine", "oxcarbazepine", "inferred"),
            (None, "tablets", "carbamazepine", "carbamazepine", "inferred"),
            (None, None, "carbamazepine", "carbamazepine", "inferred"),
        ],
    )
    def test_order_of_evidence(
        self,
        clinic: Clinic,
        coding: str | None,
        text: str | None,
        display: str | None,
        drug: str,
        certainty: str,
    ) -> None:
        """A known coding comes first; then the text; last the display. What was read from words is marked inferred."""
        code = {"carbamazepine": "2002", None: "no-such-code"}[coding]
        written: dict[str, Any] = concept(code, **{"display": display} if display else {})
        if text:
            written["text"] = text
        judged = clinic.judge(request(medicationCodeableConcept=written))
        assert drugs_of(judged) == [drug]
        assert judged.trial(drug).certainty == certainty

    @examples(
        {"text": "Text", "drugs": "Read as"},
        [
            ("Tegretol Retard 200 mg", ("carbamazepine",)),
            ("CBZ", ("carbamazepine",)),
            ("carbamazapine", ("carbamazepine",)),
            ("oxcarbazepine", ("oxcarbazepine",)),
            ("Neurontin", ("gabapentin",)),
            ("carba", ()),
            ("carbamazepines", ()),
            ("anticonvulsant", ()),
        ],
    )
    def test_names(self, clinic: Clinic, text: str, drugs: tuple[str, ...]) -> None:
        """Text is matched by whole words against a reviewed list of names, brands, abbreviations and misspellings, the
        longest first. A word with another common meaning counts for nothing, and so does the name of a class."""
        assert drugs_of(clinic.judge(f"order: {{text: {text}}}, {SINCE}")) == list(drugs)

    @examples(
        {"text": "Text", "drugs": "Read as"},
        [
            ("no carbamazepine", ()),
            ("patient denies carbamazepine", ()),
            ("never on carbamazepine", ()),
            ("avoid carbamazepine", ()),
            ("allergic to carbamazepine", ()),
            ("carbamazepine allergy", ()),
            ("oxcarbazepine instead of carbamazepine", ("oxcarbazepine",)),
            ("carbamazepine?", ()),
            ("mother takes carbamazepine", ()),
            ("no rash, carbamazepine 200 mg", ("carbamazepine",)),
        ],
    )
    def test_guards(self, clinic: Clinic, text: str, drugs: tuple[str, ...]) -> None:
        """Words near a name may void it: negation, advice against, an allergy, another drug, doubt, another person. A comma
        ends their reach."""
        judged = clinic.judge(f'order: {{text: "{text}"}}, {SINCE}')
        assert drugs_of(judged) == list(drugs)

    @examples(
        {
            "counts": "Text-only trials count as",
            "verdict": "Verdict of the trial",
            "level": "Level of the warning",
        },
        [("inferred", "failed", "warning"), ("low", "failed", "info"), ("never", "failed", None)],
    )
    def test_text_only_trials(self, clinic: Clinic, counts: str, verdict: str, level: str | None) -> None:
        """A trial known from words alone counts as the pathway says: as inferred; as weak evidence, for which a card is info
        at most; or never towards a total. It is shown and judged in any case."""
        there = clinic.where(
            "headache", text_counts=counts, text_cap="info" if counts == "low" else "critical"
        )
        ordered = f"order: {{text: topiramate}}, daily: 100 mg, {SINCE}, because: reason-no-effect"
        judged = there.judge(MIGRAINE, ordered)
        assert judged.verdict("topiramate", pathway="headache") == verdict
        assert judged.trial("topiramate", pathway="headache").certainty == "inferred"
        assert judged.fired == (["CM-03"] if level else [])
        if level:
            assert judged.card("CM-03")["indicator"] == level

    @examples(
        {
            "pathway": "Pathway",
            "draft": "Ordered",
            "partner": "In use",
            "level": "Level",
            "by_name": '"matched by name"',
        },
        [
            ("facial-pain", "carbamazepine", "phenelzine", "critical", False),
            ("facial-pain", "carbamazepine by name", "phenelzine", "critical", True),
            ("facial-pain", "carbamazepine", "phenelzine by name", "critical", True),
            ("headache", "amitriptyline", "phenelzine", "critical", False),
            ("headache", "amitriptyline by name", "phenelzine", "warning", True),
            ("headache", "amitriptyline", "phenelzine by name", "warning", True),
        ],
    )
    def test_orders_by_name(
        self, clinic: Clinic, pathway: str, draft: str, partner: str, level: str, by_name: bool
    ) -> None:
        """An order without a known code, drafted or in use, is matched by name, and the card says so. Whether that lowers a
        critical card is the pathway's choice: headache goes to warning at most."""

        def written(what: str) -> str:
            drug, named, _ = what.partition(" by name")
            return f"order: {{text: {drug}}}" if named else f"order: {drug}"

        card = {"facial-pain": "TN-25", "headache": "CM-26"}[pathway]
        judged = clinic.judge(
            PAIN,
            MIGRAINE,
            f"{written(partner)}, from: 2026-06-01",
            drafts=[written(draft)],
            hook="order-sign",
        )
        shown = judged.card(card)
        assert shown["indicator"] == level
        assert ("matched by name" in shown["detail"]) is by_name

    @examples(
        {"conclusion": "Conclusion of the MRI", "compression": "Compression is shown"},
        [
            ("Neurovascular compression of the right trigeminal nerve.", True),
            ("No neurovascular compression.", False),
            ("No neurovascular compression on the left. Neurovascular compression on the right.", True),
            ("Rule out neurovascular compression.", False),
        ],
    )
    def test_findings(self, clinic: Clinic, conclusion: str, compression: bool) -> None:
        """What a report found is read by reviewed phrases. Where two of them contradict, the finding wins over its
        absence."""
        judged = clinic.judge(MIGRAINE, f'report: brain-mri, at: 2026-05-01, conclusion: "{conclusion}"')
        assert ("compression" in judged.says("CM-09")) is compression


FAILED = f"order: carbamazepine, daily: 800 mg, {SINCE}, because: reason-no-effect"


class TestMedicationReferences:
    """Where a medicationReference leads"""

    @examples(
        {"where": "The Medication is", "certainty": "Certainty of the trial"},
        [
            ("contained in the order", "documented"),
            ("in the same Bundle", "documented"),
            ("in the prefetch", "documented"),
            ("on the FHIR server", "documented"),
            ("nowhere; the reference has a display", "inferred"),
        ],
    )
    def test_resolved(self, clinic: Clinic, hospital: Hospital, where: str, certainty: str) -> None:
        """A reference is looked for in the order itself, in the Bundle that it came in, in the prefetch, then read from the
        FHIR server. Only what cannot be found is taken from the display, inferred."""
        order = f"order: carbamazepine, daily: 800 mg, {SINCE}, because: reason-no-effect"
        match where:
            case "in the prefetch" | "on the FHIR server":
                kept = ["Medication"] if "server" in where else []
                answer = hospital.opens(PAIN, f"{order}, by_reference: bundle", on_server=kept)
                (trial,) = explained(answer, "TN-05")["trials"]
            case "in the same Bundle":
                judged = clinic.judge(
                    PAIN,
                    "order: phenelzine, from: 2026-06-01",
                    drafts=[
                        request(
                            id="draft-1",
                            medicationCodeableConcept=None,
                            medicationReference={"reference": "Medication/m"},
                        ),
                        item({"resourceType": "Medication", "id": "m", "code": concept(CARBAMAZEPINE)}),
                    ],
                    hook="order-sign",
                )
                assert judged.fired == ["TN-25"]
                trial = {"certainty": judged.finding("TN-25").certainty.value}
            case "contained in the order":
                trial = {
                    "certainty": clinic.judge(f"{order}, by_reference: contained").trial().certainty.value
                }
            case _:
                display = {"reference": "Medication/gone", "display": "carbamazepine 200 mg"}
                found = clinic.judge(request(medicationCodeableConcept=None, medicationReference=display))
                trial = {"certainty": found.trial().certainty.value}
        assert trial["certainty"] == certainty

    def test_the_medication_comes_before_its_display(self, clinic: Clinic) -> None:
        """What the Medication says outweighs the display of the reference."""
        judged = clinic.judge(
            request(
                medicationCodeableConcept=None,
                contained=[{"resourceType": "Medication", "id": "drug", "code": concept("32624")}],
                medicationReference={"reference": "#drug", "display": "carbamazepine"},
            )
        )
        assert drugs_of(judged) == ["oxcarbazepine"]


class TestReasons:
    """Reasons as codes"""

    @examples(
        {"reason": "Reason of the stop", "codes": "Codes", "verdict": "Verdict", "finer": "Its reason"},
        [
            ("no effect", ("SNOMED 266721009", "SNOMED 395007004", "SNOMED 58848006"), "failed", "absent"),
            (
                "not tolerated",
                ("MED-STATUS-REASON sintol", "SNOMED 407563006", "SNOMED 395009001"),
                "not-tolerated",
                "intolerance",
            ),
            ("allergy", ("MED-STATUS-REASON salg",), "not-tolerated", "allergy"),
            ("contraindicated", ("SNOMED 410536001", "SNOMED 395008009"), "stopped-other", "contraindicated"),
            ("interaction", ("MED-STATUS-REASON sddi", "SNOMED 395006008"), "stopped-other", "interaction"),
            ("declined", ("SNOMED 182895007",), "stopped-other", "choice"),
            (
                "cost or supply",
                ("MED-STATUS-REASON non-avail", "SNOMED 182873008"),
                "stopped-other",
                "cost-or-supply",
            ),
            ("remission", ("SNOMED 182846007",), "effective", "remission"),
        ],
    )
    def test_one_set_for_each_reason(
        self, clinic: Clinic, reason: str, codes: tuple[str, ...], verdict: str, finer: str
    ) -> None:
        """Every reason is one set of codes for all pathways, across code systems. Examples, each as the end of an adequate
        trial of carbamazepine:"""
        for code in codes:
            trial = clinic.judge(f"order: carbamazepine, daily: 800 mg, {SINCE}, because: {code}").trial()
            assert (trial.verdict, trial.reason) == (verdict, finer), (reason, code)

    @examples(
        {"until": "Ordered on 1 March, stopped on", "verdict": "Verdict"},
        [("2026-03-01", "ruled-out"), ("2026-03-02", "not-tolerated")],
    )
    def test_allergy(self, clinic: Clinic, until: str, verdict: str) -> None:
        """An order that ended for an allergy (`salg`) was not tolerated after at least one day of use; before that the drug
        is ruled out."""
        ordered = (
            f"order: carbamazepine, daily: 800 mg, from: 2026-03-01, to: {until}, because: reason-allergy"
        )
        assert clinic.judge(ordered).verdict() == verdict


class TestBotulinum:
    """Botulinum toxin, which two pathways share"""

    @examples(
        {
            "given": "Session",
            "reason": "Reason",
            "facial": "Trial of facial-pain",
            "headache": "Trial of headache",
        },
        [
            ("100 U", "trigeminal-neuralgia", True, False),
            ("155 U", "trigeminal-neuralgia", True, False),
            ("100 U", "migraine", False, True),
            ("155 U", None, False, True),
            ("154 U", None, False, False),
            ("200 U", "hypertension", False, False),
            ("CPT 64615", None, False, True),
            ("HCPCS J0585", "trigeminal-neuralgia", True, False),
            ("HCPCS J0585", "migraine", False, True),
        ],
    )
    def test_sessions(
        self, clinic: Clinic, given: str, reason: str | None, facial: bool, headache: bool
    ) -> None:
        """A session counts for the pathway whose diagnosis is its reason. Without a reason it counts for migraine when its
        code (CPT 64615) or its dose (155 units or more) says so, else for none."""
        why = f", reason: {reason}" if reason else ""
        written = (
            f"administration: onabotulinumtoxina, dose: {given}"
            if given.endswith("U")
            else f"procedure: {given}"
        )
        judged = clinic.judge(f"{written}, at: 2026-03-01{why}")
        assert (judged.verdict("toxin") != "not-tried") is facial
        assert (judged.verdict("toxin", pathway="headache") != "not-tried") is headache
