"""In which order the words of a file stand: that of the rule language, with a few exceptions that authors prefer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from cds_service.casework.format import CaseFile, PatientSpec
from cds_service.casework.items import Item
from cds_service.errors import RuleFileInvalid
from cds_service.ruleset.authored import as_written, complaints_of
from cds_service.ruleset.cards import CardFile
from cds_service.ruleset.facts import Comparison, Setting
from cds_service.ruleset.library import CASE_FILES, SHARED_FILES
from cds_service.ruleset.parts import author_word, parts
from cds_service.ruleset.pathway import OverrideFile, PathwayFile, ProfileFile, SharedFile
from cds_service.ruleset.trials import VerdictEvidence
from cds_service.ruleset.words import Model
from cds_service.ruleset.yaml_file import Place, YamlFile

Orders = Mapping[Place, Sequence[str]]
"""Words in their order, by the place of the mapping that holds them. Words that are not named keep theirs, behind."""

_HEAD = ("card", "version", "status", "title", "owner", "pathways")
"""What stands above the rest of a rule."""

_EXCEPTIONS: Mapping[type[Model], tuple[str, ...]] = {
    CardFile: (*_HEAD, *(name for name in CardFile.model_fields if name not in _HEAD)),
    Setting: ("value", "range", "basis", "says"),
    PatientSpec: ("story", "born", "sex", "deceased", "ancestry", "like", "change", "history"),
    VerdictEvidence: ("not-tolerated", "failed-waned", "failed-absent", "ruled-out", "effective"),
}


def orders_of(path: Path, source: YamlFile) -> Orders:
    """Return the order of words for every mapping of a file.

    :raises RuleFileInvalid: the file holds words or values that the language does not know.
    """
    if source.data is None or source.complaints:
        raise RuleFileInvalid(source.complaints)
    try:
        model = _model_of(path).model_validate(source.data)
    except ValidationError as problem:
        raise RuleFileInvalid(complaints_of(problem, source)) from None
    # An item of a history stands where its change does: what comes later is the inner one, and decides.
    return {as_written(source, part.place): _words(part.model) for part in parts(model)}


def _model_of(path: Path) -> type[Model]:
    if path.name.endswith(CASE_FILES):
        return CaseFile
    if path.parent.name == "profiles":
        return ProfileFile
    if path.name == "pathway.yaml":
        return PathwayFile
    if path.name in SHARED_FILES:
        return SharedFile
    return OverrideFile if path.name == "overrides.yaml" else CardFile


def _words(model: Model) -> Sequence[str]:
    kind = type(model)
    if isinstance(model, Item):
        # The first word that can open an item decides which it is: the rest stays as its author has it.
        return (model.kind, "id")
    if kind in _EXCEPTIONS:
        return _EXCEPTIONS[kind]
    names = list(kind.model_fields)
    if isinstance(model, Comparison):
        compared = list(Comparison.model_fields)
        names = [name for name in names if name not in compared] + compared
    return [author_word(kind, name) for name in names]
