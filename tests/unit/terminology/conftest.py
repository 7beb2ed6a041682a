"""The shipped terminology, read once, and small tables for tests that need their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from cds_service.terminology import Terminology, load_terminology

RULES = Path(__file__).parents[3] / "rules"

SYSTEMS = """key,uri,aliases,format,name
RXNORM,http://www.nlm.nih.gov/research/umls/rxnorm,urn:oid:2.16.840.1.113883.6.88,rxcui,RxNorm
SNOMED,http://snomed.info/sct,urn:oid:2.16.840.1.113883.6.96,sctid,SNOMED CT
ICD10CM,http://hl7.org/fhir/sid/icd-10-cm,urn:oid:2.16.840.1.113883.6.90,icd10cm,ICD-10-CM
LOINC,http://loinc.org,,loinc,LOINC
CPT,http://www.ama-assn.org/go/cpt,,cpt,CPT
ATC,http://www.whocc.no/atc,,atc,ATC
LOCAL,{base}/CodeSystem/observations,,token,ours
"""
INGREDIENTS = """name,label,classes,note
alpha,alpha,stimulant,
beta,beta,stimulant;other,
gamma,gamma,,
"""
INGREDIENT_CODES = """ingredient,system,code,term_type,label,verified,source,note
alpha,RXNORM,101,IN,alpha,yes,X,
beta,RXNORM,102,IN,beta,yes,X,
gamma,RXNORM,103,IN,gamma,no,memory,
"""
PRODUCT_HEADER = (
    "system,code,label,kind,ingredient,strength,unit,per,per_unit,pack,pack_unit,form,route,release,brand,"
    "combination,verified,source,note\n"
)
PRODUCTS = PRODUCT_HEADER + (
    "RXNORM,201,alpha 20 mg,SCD,alpha,20,mg,,,,,tablet,oral,ir,,,yes,X,\n"
    "RXNORM,202,alpha with gamma,SCD,alpha,5,mg,,,,,tablet,oral,ir,,,yes,X,\n"
    "RXNORM,202,alpha with gamma,SCD,gamma,50,mg,,,,,tablet,oral,ir,,,yes,X,\n"
)
SET_HEADER = "system,code,label,match,verified,source,note\n"


class Tables:
    """A rules folder under construction: small tables that are whole unless a test replaces one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("names", "name_guards", "name_sets", "phrases", "cues", "findings", "finding_lists"):
            self.write(f"terminology/{name}.csv", header_of(f"terminology/{name}.csv"))
        self.write("terminology/rxnorm_words.csv", "kind,text,form,route,release\n")
        self.write("terminology/systems.csv", SYSTEMS)
        self.write("terminology/ingredients.csv", INGREDIENTS)
        self.write("terminology/ingredient_codes.csv", INGREDIENT_CODES)
        self.write("terminology/products.csv", PRODUCTS)

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def value_sets(self, **rows: str) -> None:
        """Value sets by name (``_`` for a hyphen); each text is the rows below the usual header."""
        for name, text in rows.items():
            self.value_set(name.replace("_", "-"), text)

    def value_set(self, name: str, rows: str, header: str = SET_HEADER) -> None:
        body = "".join(line.strip() + "\n" for line in rows.strip().splitlines())
        self.write(f"valuesets/{name}.csv", f"# {name}, for a test.\n{header}{body}")

    def load(self) -> Terminology:
        return load_terminology(self.folder, local_base="https://local.test/fhir/")


def header_of(name: str) -> str:
    lines = (RULES / name).read_text(encoding="utf-8").splitlines()
    return next(line for line in lines if not line.startswith("#")) + "\n"


@pytest.fixture(scope="session")
def terminology() -> Terminology:
    """The terminology that is shipped."""
    return load_terminology(RULES)


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    return Tables(tmp_path)


SYSTEM_URIS: Mapping[str, str] = {
    "rxnorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "snomed": "http://snomed.info/sct",
    "icd": "http://hl7.org/fhir/sid/icd-10-cm",
    "pcs": "http://www.cms.gov/Medicare/Coding/ICD10",
    "loinc": "http://loinc.org",
    "cpt": "http://www.ama-assn.org/go/cpt",
    "hcpcs": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
    "atc": "http://www.whocc.no/atc",
    "status-reason": "http://terminology.hl7.org/CodeSystem/medicationrequest-status-reason",
    "ndc": "http://hl7.org/fhir/sid/ndc",
}


@pytest.fixture(scope="session")
def sets_of(terminology: Terminology) -> Callable[[str, str], frozenset[str]]:
    """The certain sets of a shipped code, by a short name of its system."""

    def sets(system: str, code: str) -> frozenset[str]:
        hit = terminology.index.lookup(SYSTEM_URIS[system], code)
        return hit.sets if hit else frozenset()

    return sets
