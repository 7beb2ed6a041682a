"""The content hash of a rule, and the lock file that ties hashes to versions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from cds_service.errors import LockMismatch
from cds_service.ruleset.ruleset import Rule, Ruleset
from cds_service.ruleset.uses import Uses
from cds_service.ruleset.words import Model

LOCK = "rules.lock.json"


def hashes_of(rules: Ruleset, uses: Mapping[str, Uses]) -> Mapping[str, str]:
    """Return for every rule the SHA-256 of it and of every fact, setting, therapy, standard, table and set that it uses.

    ``uses`` is what every rule uses, by card id. A rule's ``version`` and ``status`` are left out: they say nothing
    about what it does. Settings count with the value of the profile in force.
    """
    known = rules.terminology.index.all_members()
    used = {name for rule_uses in uses.values() for name in rule_uses.sets}
    members = {name: [plain(m, without={"label"}) for m in known.get(name, ())] for name in used}
    return {rule.id: _hash(rules, rule, uses[rule.id], members) for rule in rules.rules}


def _hash(rules: Ruleset, rule: Rule, uses: Uses, members: Mapping[str, Any]) -> str:
    content = {
        "card": plain(rule.file, without={"version", "status"}),
        "rows": [plain(row, without={"where"}) for row in rule.rows],
        "uses": {"/".join(key): plain(value) for key, value in uses.definitions.items()},
        "tables": {name: list(map(dict, rules.tables[name])) for name in uses.tables},
        "sets": {name: members[name] for name in uses.sets},
        "phrases": sorted(uses.phrases),
        "cards": sorted(uses.cards),
    }
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def canonical(content: Any) -> str:
    """Return JSON with sorted keys and no spaces."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def plain(value: Any, *, without: frozenset[str] | set[str] = frozenset()) -> Any:
    """Return a model, dataclass or container as JSON data; fields left at their default are left out."""
    if isinstance(value, Model):
        fields = (
            (name, getattr(value, name), field.default) for name, field in type(value).model_fields.items()
        )
        return {n: plain(v) for n, v, default in fields if n not in without and v != default}
    if is_dataclass(value) and not isinstance(value, type):
        return {n: plain(v) for n, v in asdict(value).items() if n not in without}
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = [plain(v) for v in value]
        return sorted(items, key=canonical) if isinstance(value, set | frozenset) else items
    return value


def lock_of(rules: Ruleset) -> dict[str, dict[str, Any]]:
    """Return card id to version and hash, as the lock file holds it."""
    return {rule.id: {"version": rule.file.version, "sha256": rule.hash} for rule in rules.rules}


def write_lock(rules: Ruleset, path: Path) -> None:
    """Write the lock file; raises ``LockMismatch`` when content changed and the version did not."""
    check_lock(rules, path)
    path.write_text(json.dumps(lock_of(rules), indent=2, sort_keys=True) + "\n", encoding="utf-8")


def check_lock(rules: Ruleset, path: Path) -> None:
    """Raise ``LockMismatch`` for rules whose content differs from the lock while their version does not."""
    if not path.exists():
        return
    locked: Mapping[str, Mapping[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    changed = list(_changed(rules.rules, locked))
    if changed:
        raise LockMismatch("\n".join(changed))


def _changed(rules: Iterable[Rule], locked: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    for rule in rules:
        lock = locked.get(rule.id)
        if lock is None or lock["sha256"] == rule.hash:
            continue
        if rule.file.version <= lock["version"]:
            yield f"{rule.path}: content changed since version {lock['version']}: raise 'version'"
