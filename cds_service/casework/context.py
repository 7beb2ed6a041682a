"""What the builders of resources share: codes, references between items, and resources that come along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cds_service.casework.codebook import CodeBook
from cds_service.casework.items import Concept
from cds_service.ruleset.wording import nearest

PATIENT_ID = "case"
"""Id of every case's patient."""

Resource = dict[str, Any]


class CannotBuild(ValueError):
    """An item of a case cannot be turned into a resource."""

    def __init__(self, item: str, problem: str) -> None:
        self.item = item
        self.problem = problem
        super().__init__(f"{item}: {problem}")


@dataclass(frozen=True, kw_only=True)
class Builder:
    """``references`` are relative references by item id; ``extra`` collects Medications that items refer to."""

    codes: CodeBook
    references: Mapping[str, str]
    extra: list[Resource]

    def concept(self, concept: Concept | None, text: str | None = None) -> Resource | None:
        """Return a CodeableConcept; None when there are neither codes nor words."""
        if concept is None:
            return {"text": text} if text else None
        return self.codes.concept(concept, text=text)

    def coding(self, concept: Concept) -> dict[str, str]:
        """Return the first coding of a concept."""
        return self.codes.coding(concept)

    def concepts(self, concept: Concept | None, text: str | None = None) -> list[Resource] | None:
        """Return a list of one CodeableConcept, or None."""
        found = self.concept(concept, text)
        return None if found is None else [found]

    def reference(self, item: str | None) -> Resource | None:
        """Return a Reference to another item of the case."""
        if item is None:
            return None
        if item not in self.references:
            raise ValueError(f"no item '{item}'{nearest(item, self.references)}")
        return {"reference": self.references[item]}

    def references_to(self, item: str | None) -> list[Resource] | None:
        """Return a list of one Reference, or None."""
        found = self.reference(item)
        return None if found is None else [found]

    def site(self, site: Concept | None, side: str | None) -> list[Resource]:
        """Return body sites: the site, and the side as a laterality of its own."""
        found = [self.codes.concept(site)] if site is not None else []
        if side is not None:
            found.append(self.codes.concept(Concept(codes=(f"laterality-{side}",))))
        return found


def period(start: str | None, end: str | None) -> Resource | None:
    """Return a Period, or None when both ends are open."""
    found = {key: value for key, value in (("start", start), ("end", end)) if value is not None}
    return found or None
