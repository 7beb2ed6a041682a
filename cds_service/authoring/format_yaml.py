"""Writes a rule or case file the one way: order of words, indentation, spacing, quotes, folded text; comments stay.

Whether something stands on one line or on several is left to its author, as long as the line is not too long.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from textwrap import wrap

from yaml import CollectionNode, CSafeLoader, MappingNode, Node, ScalarNode, SequenceNode, compose

from cds_service.authoring.key_order import Orders
from cds_service.ruleset.yaml_file import Place

LONGEST_LINE = 160
"""A collection in brackets that would make its line longer is written on several lines."""

FOLDED_WIDTH = 120
"""Where lines of folded text break."""

_STEP = 2
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*$")


def formatted_yaml(text: str, orders: Orders) -> str:
    """Return the text of a file in its one form. ``text`` must be YAML without complaints."""
    text = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").expandtabs(_STEP).split("\n"))
    return _Writer(text, orders).file()


def comments_of(text: str) -> list[str]:
    """Return every comment of a file, in no order of meaning."""
    return sorted(_Comments(text.split("\n"), _root(text)).by_line.values())


def _root(text: str) -> Node:
    root = compose(text, Loader=CSafeLoader)
    assert root is not None, "an empty file is complained of before"
    return root


class _Comments:
    """Which lines hold which comment; ``free`` are lines with nothing else."""

    def __init__(self, lines: Sequence[str], root: Node) -> None:
        ends = [0] * (len(lines) + 1)
        inside: set[int] = set()
        for node in _nodes(root):
            if isinstance(node, ScalarNode) and node.style in {"|", ">"}:
                inside.update(range(node.start_mark.line + 1, _last_line(node, lines) + 1))
            elif not isinstance(node, CollectionNode) or node.flow_style:
                ends[node.end_mark.line] = max(ends[node.end_mark.line], node.end_mark.column)
        self.by_line: dict[int, str] = {}
        self.free: set[int] = set()
        for number, line in enumerate(lines):
            if number in inside:
                continue
            found = _COMMENT.search(line, ends[number])
            if found is not None:
                self.by_line[number] = found[0].rstrip()
            if not line[: found.start() if found else None].strip():
                self.free.add(number)


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield from _nodes(key)
            yield from _nodes(value)
    elif isinstance(node, SequenceNode):
        for entry in node.value:
            yield from _nodes(entry)


def _last_line(node: ScalarNode, lines: Sequence[str]) -> int:
    """Return the last line of a block scalar that has text: the parser counts empty lines and comments behind it."""
    first = node.start_mark.line
    depth = _depth(lines[first])
    last = first
    for number in range(first + 1, min(node.end_mark.line + 1, len(lines))):
        if lines[number].strip():
            if _depth(lines[number]) <= depth:
                break
            last = number
    return last


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


class _Writer:
    def __init__(self, text: str, orders: Orders) -> None:
        self.text = text
        self.lines = text.split("\n")
        self.orders = orders
        self.root = _root(text)
        self.comments = _Comments(self.lines, self.root)
        self.taken: set[int] = set()

    def file(self) -> str:
        lines = list(self.block(self.root, (), 0))
        lines += [
            self.comments.by_line[n]
            for n in sorted(self.comments.free & self.comments.by_line.keys() - self.taken)
        ]
        while lines and not lines[0]:
            lines.pop(0)
        return "\n".join(lines) + "\n"

    # ------------------------------------------------------------ blocks

    def block(self, node: Node, place: Place, depth: int) -> Iterator[str]:
        """Yield a collection on lines of its own, one entry after the other."""
        if isinstance(node, MappingNode):
            entries = [(self.slice(key), key, value) for key, value in node.value]
            for number, (word, key, value) in enumerate(self.ordered(entries, place)):
                yield from self.before(key, depth, first=number == 0)
                yield from self.entry(f"{' ' * depth}{word}:", key, value, (*place, str(key.value)), depth)
        else:
            assert isinstance(node, SequenceNode)
            for number, value in enumerate(node.value):
                yield from self.before(value, depth, first=number == 0)
                yield from self.entry(f"{' ' * depth}-", None, value, (*place, number), depth)

    def ordered(self, entries: list[tuple[str, Node, Node]], place: Place) -> list[tuple[str, Node, Node]]:
        words = list(self.orders.get(place, ()))
        known = {word: number for number, word in enumerate(words)}
        return sorted(entries, key=lambda entry: known.get(str(entry[1].value), len(words)))

    def before(self, node: Node, depth: int, *, first: bool) -> Iterator[str]:
        """Yield the comments above an entry, and the empty line that sets it off (none at the beginning of a block)."""
        start = node.start_mark.line
        above = start
        while above - 1 in self.comments.free and above - 1 not in self.taken:
            above -= 1
        numbers = range(above, start)
        self.taken.update(numbers)
        blank = False
        begun = False
        for number in numbers:
            comment = self.comments.by_line.get(number)
            if comment is None:
                blank = True
                continue
            if blank and (begun or not first):
                yield ""
            blank, begun = False, True
            yield " " * depth + comment
        if blank and (begun or not first):
            yield ""

    def entry(self, head: str, key: Node | None, value: Node, place: Place, depth: int) -> Iterator[str]:
        """Yield an entry whose first line begins with its word or its hyphen."""
        if isinstance(value, ScalarNode) and value.style in {"|", ">"}:
            yield from self.block_scalar(head, value, depth + _STEP)
            return
        if not isinstance(value, CollectionNode) or value.flow_style:
            line = f"{head} {self.inline(value, place)}".rstrip()
            if len(line) <= LONGEST_LINE or isinstance(value, ScalarNode) or not value.value:
                yield self.with_comment(line, value.end_mark.line)
                return
        inner = list(self.block(value, place, depth + _STEP))
        if key is None and isinstance(value, MappingNode):
            # The first word stands behind the hyphen; comments above it stand above the hyphen.
            at = next(number for number, text in enumerate(inner) if text.strip()[:1] not in {"", "#"})
            yield from (f"{' ' * depth}{text.strip()}".rstrip() for text in inner[:at])
            yield f"{head} {inner[at].lstrip()}"
            yield from inner[at + 1 :]
            return
        yield head if key is None else self.with_comment(head, key.end_mark.line)
        yield from inner

    def with_comment(self, line: str, number: int) -> str:
        if number in self.comments.free or number in self.taken or number not in self.comments.by_line:
            return line
        self.taken.add(number)
        return f"{line}  {self.comments.by_line[number]}"

    # ------------------------------------------------------------ values

    def inline(self, node: Node, place: Place) -> str:
        """Return a value on one line."""
        if isinstance(node, ScalarNode):
            return self.scalar(node)
        if isinstance(node, MappingNode):
            entries = [(self.slice(key), key, value) for key, value in node.value]
            inner = (
                f"{word}: {self.inline(value, (*place, str(key.value)))}"
                for word, key, value in self.ordered(entries, place)
            )
            return "{" + ", ".join(inner) + "}"
        return "[" + ", ".join(self.inline(value, (*place, n)) for n, value in enumerate(node.value)) + "]"

    def scalar(self, node: ScalarNode) -> str:
        """Return a scalar; double quotes stand for single ones where nothing has to be escaped for it."""
        text = self.slice(node) if node.style else " ".join(self.slice(node).split())
        if node.style == "'" and not set('"\\') & set(node.value) and node.value.isprintable():
            return f'"{node.value}"'
        if node.end_mark.line > node.start_mark.line and node.style in {'"', "'"}:
            return f'"{node.value}"' if not set('"\\\n') & set(node.value) else text
        return text

    def slice(self, node: Node) -> str:
        return self.text[node.start_mark.index : node.end_mark.index]

    def block_scalar(self, head: str, node: ScalarNode, depth: int) -> Iterator[str]:
        start, last = node.start_mark.line, _last_line(node, self.lines)
        opening = self.lines[start][node.start_mark.column :]
        body = self.lines[start + 1 : last + 1]
        least = min((_depth(line) for line in body if line), default=0)
        level = all(_depth(line) == least for line in body if line)
        yield f"{head} {opening}"
        if node.style == ">" and level and not any("  " in line.strip() for line in body):
            paragraphs = re.split(r"\n\n", "\n".join(line.strip() for line in body))
            room = FOLDED_WIDTH - depth
            folded = "\n\n".join(
                "\n".join(wrap(p, room, break_long_words=False, break_on_hyphens=False)) for p in paragraphs
            )
            body, least = folded.split("\n"), 0
        yield from (f"{' ' * depth}{line[least:]}" if line else "" for line in body)
