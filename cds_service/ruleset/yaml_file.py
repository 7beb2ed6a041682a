"""One authored YAML file as plain data that remembers its lines; the first stage of loading rules, cases and profiles.

YAML 1.2: duplicate keys, aliases, tags, and bare words that YAML 1.1 readers take for truth values are complaints.
Dates stay text, since a partial date (``2024-05``) must not change its form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yaml import CSafeLoader, MappingNode, MarkedYAMLError, Node, ScalarNode, SequenceNode, YAMLError, compose

from cds_service.errors import Complaint

Place = tuple[str | int, ...]
"""Where something stands in a file: keys and list positions from the root."""

TRUTHS_OF_YAML_1_1 = frozenset({"yes", "no", "on", "off", "y", "n"})
_INTEGER = re.compile(r"-?(?:0|[1-9]\d*)\Z")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)\.\d+\Z")
_PLAIN_WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True, kw_only=True)
class YamlFile:
    """A file's data, and where each part of it stands.

    ``name`` is the path as messages show it. ``data`` is None when the file could not be parsed; ``complaints`` then
    say why.
    """

    name: str
    data: Any
    lines: Mapping[Place, int] = field(default_factory=dict)
    complaints: tuple[Complaint, ...] = ()

    def line(self, place: Place) -> int:
        """Return the line (from 1) of a place, or of the nearest thing around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def complaint(self, place: Place, message: str) -> Complaint:
        """Return a complaint about a place of this file."""
        return Complaint(file=self.name, line=self.line(place), path=written(place), message=message)


def read_yaml(path: Path, *, name: str) -> YamlFile:
    """Read a file; whatever is wrong with it is in the result's complaints, never raised."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return YamlFile(name=name, data=None, complaints=(_at(name, 1, "expected UTF-8 text"),))
    return parse_yaml(text, name=name)


def parse_yaml(text: str, *, name: str) -> YamlFile:
    """Parse the text of a file, as ``read_yaml`` does."""
    try:
        # The C parser: authors and starting servers wait for it. What scalars mean is decided below, not by YAML 1.1.
        root = compose(text, Loader=CSafeLoader)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = f"not YAML: {error.problem or error.context or 'cannot be read'}"
        return YamlFile(name=name, data=None, complaints=(_at(name, line, problem),))
    except YAMLError as error:
        return YamlFile(name=name, data=None, complaints=(_at(name, 1, f"not YAML: {error}"),))
    if root is None:
        return YamlFile(name=name, data=None, complaints=(_at(name, 1, "the file is empty"),))
    reader = _Reader(name)
    data = reader.value(root, ())
    return YamlFile(name=name, data=data, lines=reader.lines, complaints=tuple(reader.complaints))


def written(place: Place) -> str:
    """Return a place as authors read it: ``when.all[0].condition.in``."""
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def walk(data: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Yield every part of plain data with its place, outer parts first."""
    yield place, data
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from walk(value, (*place, key))
    elif isinstance(data, list):
        for position, value in enumerate(data):
            yield from walk(value, (*place, position))


class _Reader:
    """Turns parsed nodes into plain data, noting lines and complaints on the way."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[Place, int] = {}
        self.complaints: list[Complaint] = []
        self._seen: set[int] = set()

    def value(self, node: Node, place: Place) -> Any:
        self.lines.setdefault(place, node.start_mark.line + 1)
        if id(node) in self._seen:
            # The node stands where its anchor is; the alias is where the word that holds it stands.
            message = "anchors and aliases (&, *) are not part of the rule language"
            self.complaints.append(
                Complaint(file=self.name, line=self.lines[place], path=written(place), message=message)
            )
            return None
        self._seen.add(id(node))
        if not str(node.tag).startswith("tag:yaml.org,2002:"):
            self._complain(node, place, f"tags such as {node.tag} are not part of the rule language")
        match node:
            case MappingNode():
                return self._mapping(node, place)
            case SequenceNode():
                return [self.value(item, (*place, number)) for number, item in enumerate(node.value)]
            case ScalarNode():
                return self._scalar(node, place)
        raise TypeError(f"unexpected YAML node {type(node).__name__}")

    def _mapping(self, node: MappingNode, place: Place) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, place)
            here = (*place, key)
            if key in data:
                first = self.lines[here]
                self._complain(key_node, here, f"'{key}' is written twice (first in line {first})")
                continue
            self.lines[here] = key_node.start_mark.line + 1
            data[key] = self.value(value_node, here)
        return data

    def _key(self, node: Node, place: Place) -> str:
        if not isinstance(node, ScalarNode):
            self._complain(node, place, "a key must be a word")
            return "?"
        self._warn_of_old_truths(node, place, "key")
        return str(node.value)

    def _scalar(self, node: ScalarNode, place: Place) -> Any:
        text = str(node.value)
        if node.style:
            return text
        self._warn_of_old_truths(node, place, "value")
        if text.lower() in _PLAIN_WORDS:
            return _PLAIN_WORDS[text.lower()]
        if _INTEGER.match(text):
            return int(text)
        return float(text) if _NUMBER.match(text) else text

    def _warn_of_old_truths(self, node: ScalarNode, place: Place, what: str) -> None:
        if not node.style and str(node.value).lower() in TRUTHS_OF_YAML_1_1:
            instead = "true or false" if what == "value" else "another word"
            self._complain(
                node,
                (*place, node.value) if what == "key" else place,
                f"the bare word '{node.value}' is a truth value to some YAML readers: write {instead}, or quote it",
            )

    def _complain(self, node: Node, place: Place, message: str) -> None:
        self.complaints.append(
            Complaint(file=self.name, line=node.start_mark.line + 1, path=written(place), message=message)
        )


def _at(name: str, line: int, message: str) -> Complaint:
    return Complaint(file=name, line=line, path="", message=message)
