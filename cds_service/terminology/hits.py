"""What one coding stands for, as the index answers it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from cds_service.terminology.drugs import IngredientStrength
from cds_service.terminology.valuesets import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionalSet:
    """A set that a code or name means only in a context: see ``valuesets.Context``.

    ``weak``: even then it is evidence that never decides alone. One set may come with several contexts: any will do.
    ``verified`` is that of the code that means it.
    """

    value_set: str
    context: Context
    weak: bool = False
    verified: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeHit:
    """What one coding stands for.

    ``sets`` are certain; ``weak_sets`` never decide alone; ``conditional`` ones count when their context holds.
    ``verified`` is yes, partly or no: anything but yes may recognise history, one step lower in confidence, and never
    drives a warning or critical card by itself. For a drug the sets are those of all its ingredients.
    """

    system: str
    code: str
    label: str
    verified: str
    sets: frozenset[str]
    weak_sets: frozenset[str] = frozenset()
    conditional: tuple[ConditionalSet, ...] = ()
    ingredients: tuple[IngredientStrength, ...] = ()
    combination: bool = False
    form: str | None = None
    route: str | None = None
    release: str | None = None
    brand: str | None = None
    pack: Decimal | None = None
    pack_unit: str | None = None

    @property
    def is_verified(self) -> bool:
        """Whether this code with this meaning was seen in a public source."""
        return self.verified == "yes"
