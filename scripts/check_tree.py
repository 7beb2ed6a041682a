"""Checks what no linter checks: lock files and tracked files that would not work on somebody else's machine.

A lock file holds hashes and no addresses, and covers all that ``pyproject.toml`` asks for. No file names a package
registry or a place that exists on one machine only.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]

PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")
OPTION = re.compile(r"^\s*(-i|-f|--index-url|--extra-index-url|--find-links|--trusted-host)\b")
PERSONAL_PATH = re.compile(r"(?<![\w.~}/-])/(?:root|home|Users)/[\w.-]+")
HOST = re.compile(r"\b(?:[a-z0-9-]+\.)+(?:org|com|net|io|dev)\b")
REGISTRY_LABELS = frozenset(
    {"pypi", "pythonhosted", "npmjs", "crates", "maven", "maven2", "sonatype", "debian"}
)
NOT_AN_ADDRESS = 'xmlns="http://maven.apache.org/POM/4.0.0"'  # every Maven file must carry this name


def main() -> int:
    """Print every complaint; 1 when there is one."""
    complaints = [*_of_locks(ROOT), *_of_tracked_files(ROOT)]
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    print(f"check_tree: {len(complaints)} complaint(s)")
    return 1 if complaints else 0


def _of_locks(root: Path) -> Iterator[str]:
    wanted = requirements_by_lock((root / "pyproject.toml").read_text(encoding="utf-8"))
    for name, requirements in wanted.items():
        lock = root / "requirements" / f"{name}.txt"
        text = lock.read_text(encoding="utf-8")
        for complaint in [*lock_complaints(text), *uncovered(requirements, text)]:
            yield f"requirements/{name}.txt: {complaint}"


def _of_tracked_files(root: Path) -> Iterator[str]:
    here = {str(root), str(Path.home())} - {"/"}
    for path in _tracked(root):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, complaint in text_complaints(text, places=here):
            yield f"{path.relative_to(root)}:{number}: {complaint}"


def _tracked(root: Path) -> list[Path]:
    """Files in the index and new ones that are not ignored."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, check=True, text=True).stdout
    paths = (root / name for name in sorted(set(listed.split("\0"))) if name)
    return [path for path in paths if path.is_file()]


def requirements_by_lock(pyproject: str) -> dict[str, list[str]]:
    """What each lock file must cover, by its name without suffix."""
    document = tomllib.loads(pyproject)
    base: list[str] = document["project"]["dependencies"]
    extras: dict[str, list[str]] = document["project"]["optional-dependencies"]
    locks = {"base": base, "build": document["dependency-groups"]["build"]}
    return locks | {extra: [*base, *own] for extra, own in extras.items()}


def lock_complaints(text: str) -> list[str]:
    """Lines that a lock file must not have, and pins without a hash."""
    complaints = []
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        if OPTION.match(line) or "://" in line or " @ " in line:
            complaints.append(f"line {number}: names an address")
        elif PINNED.match(line):
            following = lines[number] if number < len(lines) else ""
            if not HASH.match(following):
                complaints.append(f"line {number}: has no hash")
        elif not HASH.match(line):
            complaints.append(f"line {number}: is neither a pin nor a hash")
    return complaints


def uncovered(requirements: list[str], lock: str) -> list[str]:
    """Requirements that the lock does not fulfil."""
    pins = {
        canonicalize_name(pin[1]): Version(pin[2])
        for pin in map(PINNED.match, lock.splitlines())
        if pin is not None
    }
    complaints = []
    for text in requirements:
        requirement = Requirement(text)
        pinned = pins.get(canonicalize_name(requirement.name))
        if pinned is None:
            complaints.append(f"{requirement.name} is not locked (make lock)")
        elif pinned not in requirement.specifier:
            complaints.append(
                f"{requirement.name} {pinned} does not fulfil {requirement.specifier} (make lock)"
            )
    return complaints


def text_complaints(text: str, *, places: set[str]) -> Iterator[tuple[int, str]]:
    """Line numbers from 1 and what is wrong there; ``places`` are directories of this machine."""
    for number, line in enumerate(text.splitlines(), start=1):
        if PERSONAL_PATH.search(line) or any(f"{place}/" in line for place in places):
            yield number, "names a path that exists on one machine only"
        for host in HOST.findall(line.replace(NOT_AN_ADDRESS, "")):
            if REGISTRY_LABELS & set(host.split(".")):
                yield number, "names a package registry"


if __name__ == "__main__":
    sys.exit(main())
