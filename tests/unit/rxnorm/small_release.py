"""A small release of this project's own making, in the form of RxNorm's files, and small rules to hold it against.

Codes from 9000000 on are invented; the others are those of the shipped tables. Each test may change the lines.
"""

from __future__ import annotations

from pathlib import Path

from tests.unit.terminology.conftest import PRODUCT_HEADER, Tables

# code, term type, name, SUPPRESS
CONCEPTS = """
2002     IN   carbamazepine                                                    N
32624    IN   oxcarbazepine                                                    N
38404    IN   topiramate                                                       N
161      IN   acetaminophen                                                    N
6918     IN   metoprolol                                                       N
6130     IN   ketorolac                                                        N
9000001  IN   phentermine                                                      N
9000002  IN   zavegepant                                                       N
9000003  IN   metformin                                                        N
9000011  PIN  metoprolol succinate                                             N
9000021  MIN  phentermine / topiramate                                         N
9000031  BN   Tegretol                                                         N
9000032  BN   Qsymia                                                           N
9000041  DF   Oral Tablet                                                      N
9000042  DF   Extended Release Oral Tablet                                     N
9000043  DF   Extended Release Oral Capsule                                    N
9000044  DF   Injection                                                        N
9000045  DF   Oral Jelly                                                       N
9000046  DF   Pack                                                             N
9000101  SCDC carbamazepine 200 MG                                             N
9000102  SCDC carbamazepine 300 MG                                             N
9000103  SCDC carbamazepine 100 MG                                             N
9000104  SCDC topiramate 23 MG                                                 N
9000105  SCDC phentermine 3.75 MG                                              N
9000106  SCDC metoprolol succinate 50 MG                                       N
9000107  SCDC carbamazepine 10 MG/ML                                           N
9000108  SCDC carbamazepine 5 MG/MG                                            N
9000109  SCDC metformin 500 MG                                                 N
9000110  SCDC carbamazepine 400 MG                                             N
9000121  SBDC carbamazepine 200 MG [Tegretol]                                  N
308979   SCD  carbamazepine 200 MG Oral Tablet                                 N
308972   SBD  carbamazepine 200 MG Oral Tablet [Tegretol]                      N
402506   SCD  carbamazepine 300 MG Extended Release Oral Tablet                N
197441   SCD  carbamazepine 100 MG Oral Tablet                                 O
9000201  SCD  carbamazepine 100 MG Extended Release Oral Tablet                N
9000202  SCD  phentermine 3.75 MG / topiramate 23 MG Extended Release Oral Capsule N
9000203  SBD  phentermine 3.75 MG / topiramate 23 MG Extended Release Oral Capsule [Qsymia] N
866436   SCD  24 HR metoprolol succinate 50 MG Extended Release Oral Tablet    N
9000205  SCD  20 ML carbamazepine 10 MG/ML Injection                           N
9000206  SCD  carbamazepine 5 MG/MG Oral Jelly                                 N
9000207  SCD  metformin 500 MG Oral Tablet                                     N
9000208  SCD  carbamazepine 400 MG Oral Tablet                                 E
9000301  GPCK {14 (carbamazepine 100 MG Extended Release Oral Tablet) / 14 (carbamazepine 300 MG Extended Release Oral Tablet) } Pack N
9000302  GPCK {7 (carbamazepine 200 MG Oral Tablet) / 7 (carbamazepine 200 MG Oral Tablet [Tegretol]) } Pack N
"""

# second concept, what it is to the first, first concept: as RXNREL says it
RELATIONS = """
9000011 form_of 6918
9000021 has_part 9000001
38404 part_of 9000021
9000031 tradename_of 2002
9000032 tradename_of 9000021
9000101 has_ingredient 2002
2002 ingredient_of 9000102
9000103 has_ingredient 2002
9000104 has_ingredient 38404
9000105 has_ingredient 9000001
9000106 has_precise_ingredient 9000011
9000106 has_ingredient 6918
9000107 has_ingredient 2002
9000108 has_ingredient 2002
9000109 has_ingredient 9000003
9000110 has_ingredient 2002
9000121 tradename_of 9000101
9000121 has_ingredient 9000031
308979 consists_of 9000101
308979 has_dose_form 9000041
308972 tradename_of 308979
308972 consists_of 9000121
308972 has_ingredient 9000031
308972 has_dose_form 9000041
9000102 constitutes 402506
9000042 dose_form_of 402506
9000201 consists_of 9000103
9000201 has_dose_form 9000042
9000202 consists_of 9000104
9000202 consists_of 9000105
9000202 has_dose_form 9000043
9000202 has_tradename 9000203
9000203 has_dose_form 9000043
9000203 has_ingredient 9000032
866436 consists_of 9000106
866436 has_dose_form 9000042
9000205 consists_of 9000107
9000205 has_dose_form 9000044
9000206 consists_of 9000108
9000206 has_dose_form 9000045
9000207 consists_of 9000109
9000207 has_dose_form 9000041
9000208 consists_of 9000110
9000208 has_dose_form 9000041
9000301 contains 9000201
9000301 contains 402506
9000301 has_dose_form 9000046
9000302 contains 308979
308972 contained_in 9000302
9000302 has_dose_form 9000046
"""

# code, attribute, value
ATTRIBUTES = """
9000101 RXN_STRENGTH 200 MG
9000102 RXN_STRENGTH 300 MG
9000104 RXN_STRENGTH 23 MG
9000105 RXN_STRENGTH 3.75 MG
9000106 RXN_STRENGTH 50 MG
9000107 RXN_STRENGTH 10 MG/ML
9000205 RXN_QUANTITY 20 ML
308972 NDC 00078050905
308979 NDC 51672400501
9000207 NDC 00093104801
308979 NDC 11111222233
9000207 NDC 11111222233
"""

# former code, the code that it was merged into
MERGED = """
199378 9000201
9000401 9000402
9000402 308979
9000403 9000207
"""

INGREDIENTS = """name,label,classes,note
carbamazepine,carbamazepine,first-line,
oxcarbazepine,oxcarbazepine,first-line,
topiramate,topiramate,,
paracetamol,paracetamol,,
metoprolol,metoprolol,,
zavegepant,zavegepant,,
ketamine,ketamine,,
"""
INGREDIENT_CODES = """ingredient,system,code,term_type,label,verified,source,note
carbamazepine,RXNORM,2002,IN,carbamazepine,yes,X,
oxcarbazepine,RXNORM,32624,IN,oxcarbazepine,yes,X,
topiramate,RXNORM,38404,IN,topiramate,no,memory,
paracetamol,RXNORM,161,IN,paracetamol,yes,X,
metoprolol,RXNORM,6918,IN,metoprolol,yes,X,
ketamine,RXNORM,6130,IN,ketamine,yes,X,
"""
PRODUCTS = PRODUCT_HEADER + (
    "RXNORM,308979,carbamazepine 200 mg tablet,SCD,carbamazepine,200,mg,,,,,tablet,oral,ir,,,yes,X,\n"
    "RXNORM,308972,Tegretol 200 mg tablet,SBD,carbamazepine,200,mg,,,,,tablet,oral,ir,Tegretol,,yes,X,\n"
    "RXNORM,402506,carbamazepine ER 400 mg tablet,SCD,carbamazepine,400,mg,,,,,tablet,oral,er,,,yes,X,\n"
    "RXNORM,197441,carbamazepine 100 mg tablet,SCD,carbamazepine,100,mg,,,,,tablet,oral,ir,,,yes,X,\n"
    "RXNORM,199378,carbamazepine ER 100 mg tablet,SCD,carbamazepine,100,mg,,,,,tablet,oral,er,,,yes,X,\n"
    "RXNORM,312136,oxcarbazepine 150 mg tablet,SCD,oxcarbazepine,150,mg,,,,,tablet,oral,ir,,,yes,X,\n"
    "RXNORM,9000205,carbamazepine vial,SCD,carbamazepine,10,mg,1,mL,20,mL,injection,intravenous,,,,yes,X,\n"
)
NAMES = """kind,canonical,ingredients,name,type,ambiguous,case,certain_in_field,combination,route,use,note
drug,carbamazepine,carbamazepine,carbamazepine,generic,no,,,,,,
drug,paracetamol,paracetamol,acetaminophen,generic,no,,,,,,
drug,metoprolol,metoprolol,metoprolol,generic,no,,,,,,
"""
WORDS = """kind,text,form,route,release
form,oral tablet,tablet,oral,ir
form,extended release oral tablet,tablet,oral,er
form,extended release oral capsule,capsule,oral,er
form,injection,injection,injection,
salt,succinate,,,
"""


def write_release(folder: Path, **changed: str) -> Path:
    """Write the files; a keyword (``concepts``, ``relations``, ``attributes``, ``merged``) replaces a table."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        "concepts": CONCEPTS,
        "relations": RELATIONS,
        "attributes": ATTRIBUTES,
        "merged": MERGED,
        **changed,
    }
    _write(folder / "RXNCONSO.RRF", [_conso(*_cells(line)) for line in _lines(tables["concepts"])])
    _write(folder / "RXNREL.RRF", [_rel(*line.split()) for line in _lines(tables["relations"])])
    _write(folder / "RXNSAT.RRF", [_sat(*line.split(None, 2)) for line in _lines(tables["attributes"])])
    _write(folder / "RXNATOMARCHIVE.RRF", [_archive(*line.split()) for line in _lines(tables["merged"])])
    return folder


def write_rules(folder: Path) -> Tables:
    """The small rules, with three value sets."""
    tables = Tables(folder)
    tables.write("terminology/ingredients.csv", INGREDIENTS)
    tables.write("terminology/ingredient_codes.csv", INGREDIENT_CODES)
    tables.write("terminology/products.csv", PRODUCTS)
    tables.write("terminology/names.csv", NAMES)
    tables.write("terminology/rxnorm_words.csv", WORDS)
    tables.write("terminology/systems.csv", SYSTEMS)
    tables.value_sets(
        first_line="CLASS,first-line,,exact,,,",
        migraine_drug="INGREDIENT,topiramate,,exact,,,\nINGREDIENT,metoprolol,,exact,,,",
        listed_products="RXNORM,308979,carbamazepine 200 mg tablet,exact,yes,X,\n"
        "RXNORM,9000999,a product of old,exact,yes,X,",
    )
    return tables


SYSTEMS = """key,uri,aliases,format,name
RXNORM,http://www.nlm.nih.gov/research/umls/rxnorm,,rxcui,RxNorm
NDC,http://hl7.org/fhir/sid/ndc,,ndc,NDC
ICD10CM,http://hl7.org/fhir/sid/icd-10-cm,,icd10cm,ICD-10-CM
"""


def _lines(table: str) -> list[str]:
    return [line for line in table.strip().splitlines() if line.strip()]


def _cells(line: str) -> tuple[str, str, str, str]:
    code, kind, rest = line.split(None, 2)
    name, suppress = rest.rsplit(None, 1)
    return code, kind, name, suppress


def _conso(code: str, kind: str, name: str, suppress: str) -> str:
    return f"{code}|ENG||||||A{code}||{code}||RXNORM|{kind}|{code}|{name}||{suppress}|4096|"


def _rel(second: str, rela: str, first: str) -> str:
    return f"{first}||CUI|RO|{second}||CUI|{rela}|||RXNORM|||||4096|"


def _sat(code: str, name: str, value: str) -> str:
    return f"{code}|||A{code}|AUI|{code}|||{name}|RXNORM|{value}|N|4096|"


def _archive(old: str, new: str) -> str:
    return f"A{old}||a former name|||||N|ENG||||{old}|RXNORM|SCD|{new}|"


def _write(path: Path, lines: list[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
