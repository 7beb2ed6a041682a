"""Checks the codes of order templates: what a suggestion writes into an order must be a code of its system."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from cds_service.errors import Complaint
from cds_service.ruleset.authored import Authored
from cds_service.ruleset.library import Library
from cds_service.ruleset.pathway import OrderTemplate
from cds_service.ruleset.wording import nearest
from cds_service.terminology import Terminology
from cds_service.terminology.formats import code_fault


def order_code_faults(library: Library, terminology: Terminology) -> Iterator[Complaint]:
    """Yield a complaint for each code of an unknown system, of a wrong shape or with a wrong check digit."""
    files: Iterator[Authored[Any]] = chain(library.pathways.values(), library.shared)
    for file in files:
        for name, template in file.model.orders.items():
            for number, message in _faults(template, terminology):
                yield file.complaint(("orders", name, "codes", number), message)


def _faults(template: OrderTemplate, terminology: Terminology) -> Iterator[tuple[int, str]]:
    known = terminology.systems.by_key
    for number, ref in enumerate(template.codes):
        system = known.get(ref.system)
        if system is None:
            yield number, f"no code system '{ref.system}'{nearest(ref.system, sorted(known))}"
        elif (fault := code_fault(system.format, ref.code)) is not None:
            yield number, f"{ref.code} {fault}"
