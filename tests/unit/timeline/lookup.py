"""A terminology of a handful of codes and words, for timelines in tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from cds_service.terminology import (
    Basis,
    CodeHit,
    Coding,
    ConditionalSet,
    Context,
    Field,
    FindingMatch,
    FoundText,
    IngredientStrength,
    Resolved,
    Strength,
)
from cds_service.terminology.resolved import of_hits

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
CPT = "http://www.ama-assn.org/go/cpt"
REASONS = "http://terminology.hl7.org/CodeSystem/medicationrequest-status-reason"


def drug(code: str, name: str, mg: int | None = None, **more: object) -> CodeHit:
    """A drug code; ``mg`` is its strength a tablet."""
    strength = Strength(value=Decimal(mg), unit="mg") if mg else None
    return CodeHit(
        system=RXNORM,
        code=code,
        label=name,
        verified="yes",
        sets=frozenset({name}),
        ingredients=(IngredientStrength(ingredient=name, strength=strength),),
        **more,  # type: ignore[arg-type]
    )


def meaning(system: str, code: str, *sets: str, **more: object) -> CodeHit:
    """A code of value sets."""
    return CodeHit(
        system=system,
        code=code,
        label=code,
        verified="yes",
        sets=frozenset(sets),
        **more,  # type: ignore[arg-type]
    )


def product(code: str, name: str, strength: Strength | None, pack: str | None = None) -> CodeHit:
    """A product with a strength of any kind."""
    return CodeHit(
        system=RXNORM,
        code=code,
        label=name,
        verified="yes",
        sets=frozenset({name}),
        ingredients=(IngredientStrength(ingredient=name, strength=strength),),
        form="x",
        pack=Decimal(pack) if pack else None,
        pack_unit="mL" if pack else None,
    )


COMBINATION = CodeHit(
    system=RXNORM,
    code="849450",
    label="sumatriptan/naproxen",
    verified="yes",
    sets=frozenset({"sumatriptan", "naproxen"}),
    ingredients=(
        IngredientStrength(ingredient="sumatriptan", strength=Strength(value=Decimal(85), unit="mg")),
        IngredientStrength(ingredient="naproxen", strength=Strength(value=Decimal(500), unit="mg")),
    ),
    combination=True,
)
NEEDS_TN_REASON = ConditionalSet(
    value_set="trigeminal-mvd", context=Context(reason="trigeminal-neuralgia", competing="hemifacial-spasm")
)

HITS = (
    drug("2002", "carbamazepine"),
    drug("308979", "carbamazepine", 200, form="tablet", route="oral"),
    drug("32624", "oxcarbazepine"),
    COMBINATION,
    product(
        "syringe",
        "fremanezumab",
        Strength(value=Decimal(300), unit="mg", per=Decimal(2), per_unit="mL"),
        "1.5",
    ),
    product("patch", "fentanyl", Strength(value=Decimal(25), unit="ug", per_unit="h")),
    product("pen", "erenumab", None, "1"),
    meaning(SNOMED, "31681005", "trigeminal-neuralgia"),
    meaning(SNOMED, "hfs", "hemifacial-spasm"),
    meaning(SNOMED, "266721009", "reason-no-effect"),
    meaning(SNOMED, "385671000", "outcome-unsuccessful"),
    meaning(SNOMED, "183932001", "reason-contraindicated"),
    meaning(SNOMED, "rash", "rash"),
    meaning(SNOMED, "736132002", "trigeminal-percutaneous", "target-gasserian"),
    meaning(SNOMED, "7771000", "laterality-left"),
    meaning(SNOMED, "24028007", "laterality-right"),
    meaning(SNOMED, "122496007", "region-lumbar"),
    meaning(SNOMED, "lumbar-pain", "axial-spine-pain", "region-lumbar"),
    meaning(SNOMED, "nerve-block", "diagnostic-block", "target-facet", "target-genicular"),
    meaning(LOINC, "38214-3", "pain-score"),
    meaning(SNOMED, "26643006", "route-oral", "route-unsupervised"),
    meaning(SNOMED, "24484000", "severity-severe"),
    meaning(SNOMED, "mri", "brain-mri"),
    meaning(SNOMED, "compression", "neurovascular-compression"),
    meaning(SNOMED, "pacemaker", "pacemaker"),
    meaning(SNOMED, "review", "medication-review"),
    meaning("cdc", "2028-9", "at-risk-ancestry"),
    meaning(REASONS, "sintol", "reason-not-tolerated"),
    meaning(REASONS, "salg", "reason-allergy"),
    meaning(LOINC, "2951-2", "sodium-lab"),
    meaning(LOINC, "8480-6", "systolic-bp"),
    meaning(LOINC, "8462-4", "diastolic-bp"),
    meaning(CPT, "61458", conditional=(NEEDS_TN_REASON,)),
    meaning(
        CPT,
        "64999",
        conditional=(ConditionalSet(value_set="pulsed-rf", context=Context(words=("pulsed",))),),
    ),
)
NAMES = {"tegretol": "carbamazepine", "carbamazepine": "carbamazepine", "trileptal": "oxcarbazepine"}
SAID = {
    "left": ("laterality-left", None),
    "right": ("laterality-right", None),
    "L4/5": ("level", "L4/5"),
    "L5/S1": ("level", "L5/S1"),
    "facet": ("target-facet", None),
    "DRG": ("target-drg", None),
}


@dataclass
class Index:
    """Codes by system and code."""

    codes: dict[tuple[str | None, str], CodeHit] = field(
        default_factory=lambda: {(hit.system, hit.code): hit for hit in HITS}
    )

    def lookup(self, system: str | None, code: str) -> CodeHit | None:
        return self.codes.get((system, code))


class SmallTerminology:
    """Answers like the real one, from the tables above."""

    def __init__(self) -> None:
        self.index = Index()

    def resolve(
        self, codings: Sequence[Coding], text: str | None, field: Field, *, context_text: str | None = None
    ) -> Resolved:
        hits = [hit for s, c, _ in codings if c and (hit := self.index.lookup(s, c))]
        settled = [self._settled(hit, f"{text} {context_text}") for hit in hits]
        if any(hit.sets or hit.conditional for hit in settled):
            return of_hits(settled)
        unknown = tuple((s, c) for s, c, _ in codings if s == RXNORM and c)
        if field in {Field.MEDICATION, Field.SUBSTANCE}:
            for basis, words in ((Basis.TEXT, text), *((Basis.DISPLAY, d) for _, _, d in codings)):
                for word in (words or "").lower().split():
                    if word in NAMES:
                        return Resolved(
                            sets=frozenset({NAMES[word]}),
                            ingredients=(IngredientStrength(ingredient=NAMES[word]),),
                            basis=basis,
                            matched_text=word,
                            unknown_codes=unknown,
                        )
        if field is Field.PROCEDURE and (text or "").lower() == "mvd":
            return Resolved(conditional=(NEEDS_TN_REASON,), basis=Basis.TEXT, matched_text="MVD")
        return Resolved(unknown_codes=unknown)

    @staticmethod
    def _settled(hit: CodeHit, words: str) -> CodeHit:
        met = {c.value_set for c in hit.conditional if c.context.words and c.context.words[0] in words}
        left = tuple(c for c in hit.conditional if not c.context.words)
        return (
            meaning(hit.system, hit.code, *(hit.sets | met), ingredients=hit.ingredients, conditional=left)
            if hit.conditional
            else hit
        )

    def findings(self, text: str) -> Mapping[str, FindingMatch]:
        found: dict[str, list[FoundText]] = {}
        for word, (name, value) in SAID.items():
            if word in text.replace(",", " ").replace(".", " ").split():
                found.setdefault(name, []).append(FoundText(quote=word, sentence=text, value=value))
        return {name: FindingMatch(positive=tuple(texts), negative=()) for name, texts in found.items()}
