"""Terminology: code systems, value sets, drugs, names and phrases, compiled once into fast look-ups."""

from cds_service.terminology.attribution import Statement
from cds_service.terminology.drugs import Ingredient, IngredientStrength, Strength
from cds_service.terminology.findings import FindingMatch, FoundText
from cds_service.terminology.hits import CodeHit, ConditionalSet
from cds_service.terminology.index import CodeIndex, Member
from cds_service.terminology.load import Terminology, load_terminology
from cds_service.terminology.phrases import CATEGORY_ORDER
from cds_service.terminology.resolved import Basis, Coding, Field, Resolved, merge
from cds_service.terminology.valuesets import Context

__all__ = [
    "CATEGORY_ORDER",
    "Basis",
    "CodeHit",
    "CodeIndex",
    "Coding",
    "ConditionalSet",
    "Context",
    "Field",
    "FindingMatch",
    "FoundText",
    "Ingredient",
    "IngredientStrength",
    "Member",
    "Resolved",
    "Statement",
    "Strength",
    "Terminology",
    "load_terminology",
    "merge",
]
