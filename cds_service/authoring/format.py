"""Which files of a rules folder are not written the one way, and how they should be written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cds_service.authoring.format_csv import formatted_csv
from cds_service.authoring.format_yaml import comments_of, formatted_yaml
from cds_service.authoring.key_order import orders_of
from cds_service.errors import Complaint, InputInvalid, RuleFileInvalid
from cds_service.ruleset.yaml_file import parse_yaml

_TABLES = ("*.csv", "valuesets/*.csv", "terminology/*.csv", "*/tables/*.csv")


def authored_files(rules_dir: Path) -> list[Path]:
    """Return every file of a rules folder that its authors write: rules, cases, profiles, tables and value sets."""
    tables = [path for pattern in _TABLES for path in rules_dir.glob(pattern)]
    return sorted({*rules_dir.glob("*/*.yaml"), *tables})


def unformatted(files: Iterable[Path], rules_dir: Path) -> dict[Path, str]:
    """Return the files that are written in another way, each with its text in the one form.

    :raises RuleFileInvalid: a file holds faults; all faults of all files are listed.
    :raises InputInvalid: a file cannot be read, or would lose a comment.
    """
    faults: list[Complaint] = []
    found: dict[Path, str] = {}
    for path in files:
        name = str(path.relative_to(rules_dir)) if path.is_relative_to(rules_dir) else path.name
        try:
            text = path.read_bytes().decode("utf-8")
            formatted = _formatted(path, text, name)
        except RuleFileInvalid as problem:
            faults.extend(problem.complaints)
            continue
        except (OSError, UnicodeDecodeError):
            raise InputInvalid(f"{name}: cannot be read as text") from None
        if formatted != text:
            found[path] = formatted
    if faults:
        raise RuleFileInvalid(faults)
    return found


def _formatted(path: Path, text: str, name: str) -> str:
    if path.suffix == ".csv":
        return formatted_csv(text)
    source = parse_yaml(text, name=name)
    formatted = formatted_yaml(text, orders_of(path, source))
    # Belt and braces: a formatter that changes what a rule says would be worse than none.
    if parse_yaml(formatted, name=name).data != source.data or comments_of(formatted) != comments_of(text):
        raise InputInvalid(f"{name}: a comment or value has no place in the one form: move the comment")
    return formatted
