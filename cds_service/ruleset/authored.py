"""From a YAML file to a typed model: every fault of the file at once, each with its line, place and what was expected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from cds_service.errors import Complaint
from cds_service.ruleset.wording import message_of
from cds_service.ruleset.yaml_file import Place, YamlFile, read_yaml

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Authored(Generic[M]):
    """A model and the file that it was read from. ``home`` is the rules folder that the file lives in."""

    model: M
    source: YamlFile
    home: str

    def complaint(self, place: Place, message: str) -> Complaint:
        """Return a complaint about a place inside the model; parts that the file leaves out are skipped."""
        return self.source.complaint(as_written(self.source, place), message)


def read_model(
    path: Path, model: type[M], *, name: str, home: str, faults: list[Complaint]
) -> Authored[M] | None:
    """Read one file as ``model``; None when it is no such thing. All faults are added to ``faults``."""
    source = read_yaml(path, name=name)
    faults.extend(source.complaints)
    if source.data is None:
        return None
    try:
        return Authored(model.model_validate(source.data), source, home)
    except ValidationError as problem:
        faults.extend(complaints_of(problem, source))
        return None


def complaints_of(problem: ValidationError, source: YamlFile) -> list[Complaint]:
    """Return the faults that a model found in a file; several about one place become one complaint."""
    messages: dict[Place, list[str]] = {}
    for error in problem.errors(include_url=False):
        loc: Place = error["loc"]
        message = message_of(error)
        place = as_written(source, loc)
        if message.startswith("is missing") and loc:
            place = (*as_written(source, loc[:-1]), loc[-1])
        messages.setdefault(place, []).append(message)
    return [source.complaint(place, ", or ".join(dict.fromkeys(found))) for place, found in messages.items()]


def as_written(source: YamlFile, place: Place) -> Place:
    """Return a model's place as it stands in the file: without the parts that only the model has.

    A single name is a list of one to the model, and a union adds a tag; neither stands in the file.
    """
    written: Place = ()
    value: Any = source.data
    for part in place:
        if _holds(value, part):
            written, value = (*written, part), value[part]
    return written


def _holds(value: Any, part: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(part, int) and part < len(value)
    return isinstance(value, Mapping) and part in value
