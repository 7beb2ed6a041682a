"""The way in: reads all terminology tables of a rules folder and compiles them, or says everything that is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cds_service.errors import Complaint, ValueSetInvalid
from cds_service.terminology.attribution import Statement
from cds_service.terminology.cues import load_cues
from cds_service.terminology.drugs import DrugTable, load_drugs
from cds_service.terminology.findings import FindingMatch, FindingTable, load_findings
from cds_service.terminology.index import CodeIndex
from cds_service.terminology.meanings import NameMeaning, load_meanings
from cds_service.terminology.names import NameIndex, load_names
from cds_service.terminology.phrases import PhraseTable, load_phrases
from cds_service.terminology.resolve import Resolver
from cds_service.terminology.resolved import Coding, Field, Resolved
from cds_service.terminology.rxtext import RxNormWords, load_rxnorm_words
from cds_service.terminology.systems import DEFAULT_LOCAL_BASE, SystemTable, load_systems
from cds_service.terminology.valuesets import ValueSets, load_value_sets


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminology:
    """Everything the other stages ask of codes and words."""

    systems: SystemTable
    drugs: DrugTable
    value_sets: ValueSets
    index: CodeIndex
    names: NameIndex
    phrases: PhraseTable
    finding_table: FindingTable
    resolver: Resolver
    rxnorm_words: RxNormWords

    @property
    def rxnorm_release(self) -> str | None:
        """The date of the RxNorm release in use; None while only the shipped tables are."""
        return self.drugs.release.released if self.drugs.release else None

    @property
    def other_drugs(self) -> frozenset[str]:
        """The RxNorm codes that an import knows as drugs of no interest to any rule."""
        return self.drugs.release.others if self.drugs.release else frozenset()

    def resolve(
        self,
        codings: Sequence[Coding],
        text: str | None,
        field: Field,
        *,
        context_text: str | None = None,
    ) -> Resolved:
        """What a concept of a record stands for; see ``Resolver.resolve``."""
        return self.resolver.resolve(codings, text, field, context_text=context_text)

    def sets_of_ingredient(self, name: str) -> frozenset[str]:
        """The sets that hold an ingredient; see ``CodeIndex.sets_of_ingredient``."""
        return self.index.sets_of_ingredient(name)

    def classify_stop(self, text: str, *, resource_therapy: str | None) -> tuple[Statement, ...]:
        """Why a therapy ended, by its text; see ``PhraseTable.classify_stop``."""
        return self.phrases.classify_stop(text, resource_therapy=resource_therapy)

    def findings(self, text: str) -> Mapping[str, FindingMatch]:
        """What a report or order text says; see ``FindingTable.findings``."""
        return self.finding_table.findings(text)


def load_terminology(
    rules_dir: Path, *, local_base: str = DEFAULT_LOCAL_BASE, rxnorm: Path | None = None
) -> Terminology:
    """Read ``terminology/`` and ``valuesets/`` below a rules folder.

    ``local_base`` is the base URI of this service's own code systems; ``rxnorm`` the folder of an RxNorm import, whose
    products count beside and before the shipped ones. Raises ``ValueSetInvalid`` with every fault of
    every file.
    """
    faults: list[Complaint] = []
    folder = rules_dir / "terminology"
    systems = load_systems(folder / "systems.csv", local_base=local_base, faults=faults)
    drugs = load_drugs(folder, systems, faults=faults, rxnorm=rxnorm)
    value_sets = load_value_sets(rules_dir / "valuesets", systems, drugs, faults=faults)
    names = load_names(folder, drugs, faults=faults)
    cues = load_cues(folder / "cues.csv", faults=faults)
    findings = load_findings(folder, cues, faults=faults)
    phrases = load_phrases(folder / "phrases.csv", faults=faults)
    words = load_rxnorm_words(folder / "rxnorm_words.csv", faults=faults)
    set_names = frozenset(value_sets.by_name) | frozenset(drugs.ingredients)
    meanings = load_meanings(folder / "name_sets.csv", names, set_names, faults=faults)
    faults.extend(_unknown_lists(value_sets, findings))
    if faults:
        raise ValueSetInvalid(sorted(faults, key=lambda c: (c.file, c.line, c.path)))
    index = CodeIndex(systems, drugs, value_sets)
    resolver = Resolver(
        systems=systems,
        index=index,
        names=names,
        meanings=meanings,
        findings=findings,
        rxnorm_words=words,
        other_drugs=drugs.release.others if drugs.release else frozenset(),
    )
    return Terminology(
        systems=systems,
        drugs=drugs,
        value_sets=value_sets,
        index=index,
        names=names,
        phrases=PhraseTable(phrases, cues, names, _broader(meanings)),
        finding_table=findings,
        resolver=resolver,
        rxnorm_words=words,
    )


def _broader(meanings: Mapping[tuple[str, str], NameMeaning]) -> Mapping[str, frozenset[str]]:
    return {name: frozenset({m.broader}) for (_, name), m in meanings.items() if m.broader is not None}


def _unknown_lists(value_sets: ValueSets, findings: FindingTable) -> list[Complaint]:
    faults = []
    for value_set in value_sets.by_name.values():
        for row in value_set.codes:
            words = (*row.context.words, *row.context.unless_words) if row.context else ()
            for word in words:
                if word.startswith("@") and word[1:] not in findings.lists:
                    message = f"{word} is not a list of finding_lists.csv"
                    faults.append(
                        Complaint(file=value_set.file, line=row.line, path="needs_words", message=message)
                    )
    return faults
