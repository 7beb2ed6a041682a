"""What differs between two pieces of authored data, place by place, as an author reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from cds_service.ruleset.hashing import canonical
from cds_service.ruleset.yaml_file import Place, written

_LONGEST = 100
"""Characters of a value shown on a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference. ``old`` is None where something was added, ``new`` where it was taken out."""

    place: Place
    old: Any = None
    new: Any = None

    def as_json(self) -> dict[str, Any]:
        """Return the change as JSON data."""
        return {"place": written(self.place), "old": self.old, "new": self.new}

    def __str__(self) -> str:
        where = f"{written(self.place)}: " if self.place else ""
        if self.old is None:
            return f"{where}+ {_cut(in_line(self.new))}"
        if self.new is None:
            return f"{where}- {_cut(in_line(self.old))}"
        old, new = in_line(self.old), in_line(self.new)
        if max(len(old), len(new)) > _LONGEST:
            old, new = _from_difference(old, new)
        return f"{where}{_cut(old)} → {_cut(new)}"


def changes(old: Any, new: Any, place: Place = ()) -> Iterator[Change]:
    """Yield every difference, outermost place first. One name and a list of that one name are the same."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _of_mappings(old, new, place)
    elif isinstance(old, list) or isinstance(new, list):
        yield from _of_lists(_listed(old), _listed(new), place)
    elif old != new:
        yield Change(place=place, old=old, new=new)


def _of_mappings(old: Mapping[str, Any], new: Mapping[str, Any], place: Place) -> Iterator[Change]:
    for key in dict.fromkeys((*old, *new)):
        here = (*place, key)
        if key not in new:
            yield Change(place=here, old=old[key])
        elif key not in old:
            yield Change(place=here, new=new[key])
        else:
            yield from changes(old[key], new[key], here)


def _of_lists(old: Sequence[Any], new: Sequence[Any], place: Place) -> Iterator[Change]:
    matcher = SequenceMatcher(a=[canonical(v) for v in old], b=[canonical(v) for v in new], autojunk=False)
    for tag, first, last, new_first, new_last in matcher.get_opcodes():
        if tag == "equal":
            continue
        if last - first == new_last - new_first:
            for at in range(last - first):
                yield from changes(old[first + at], new[new_first + at], (*place, new_first + at))
            continue
        yield from (Change(place=(*place, at), old=old[at]) for at in range(first, last))
        yield from (Change(place=(*place, at), new=new[at]) for at in range(new_first, new_last))


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def in_line(value: Any) -> str:
    """Return data as an author writes it on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {in_line(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(in_line, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _from_difference(old: str, new: str) -> tuple[str, str]:
    """Leave out the words with which both texts begin, all but two."""
    words, others = old.split(" "), new.split(" ")
    same = 0
    while same < min(len(words), len(others)) and words[same] == others[same]:
        same += 1
    first = max(same - 2, 0)
    mark = "… " if first else ""
    return mark + " ".join(words[first:]), mark + " ".join(others[first:])
