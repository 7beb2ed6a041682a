"""The content hash of a rule, and the lock file that ties hashes to versions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from cds_service.errors import LockMismatch
from cds_service.ruleset.ruleset import Rule, Ruleset
from cds_service.ruleset.uses import Uses
from cds_service.ruleset.words import Model

LOCK = "rules.lock.json"


def hashes_of(rules: Ruleset, uses: Mapping[str, Uses]) -> Mapping[str, str]:
    """Return for every rule the SHA-256 of it and of every fact, setting, therapy, standard, table, set and card it uses.

    ``uses`` is what every rule uses, by card id. A rule's ``version`` and ``status`` are left out: they say nothing
    about what it does. Settings count with the value of the profile in force. Of phrase lists only the names count:
    which words stand for them is the terminology's own.
    """
    known = rules.terminology.index.all_members()
    used = {name for rule_uses in uses.values() for name in rule_uses.sets}
    members = {name: [plain(m, without={"label"}) for m in known.get(name, ())] for name in used}
    return {rule.id: _hash(rules, rule, uses[rule.id], members) for rule in rules.rules}


def _hash(rules: Ruleset, rule: Rule, uses: Uses, members: Mapping[str, Any]) -> str:
    content = {
        **_own(rule),
        "uses": {"/".join(key): plain(value) for key, value in uses.definitions.items()},
        "tables": {name: list(map(dict, rules.tables[name])) for name in uses.tables},
        "sets": {name: members[name] for name in uses.sets},
        "phrases": sorted(uses.phrases),
        "cards": {card: _own(rules.by_id[card]) for card in uses.cards},
    }
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def _own(rule: Rule) -> dict[str, Any]:
    return {
        "card": plain(rule.file, without={"version", "status"}),
        "rows": [plain(row, without={"where"}) for row in rule.rows],
    }


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
    _ensure_raised(rules, read_lock(path))
    path.write_text(json.dumps(lock_of(rules), indent=2, sort_keys=True) + "\n", encoding="utf-8")


def read_lock(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return card id to version and hash as they were locked; nothing when there is no lock file.

    :raises LockMismatch: the file is no lock file.
    """
    try:
        locked: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        return {
            card: {"version": int(e["version"]), "sha256": str(e["sha256"])} for card, e in locked.items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise LockMismatch(f"{path}: is no lock file; take it away and write it anew: rules lock") from None


def check_lock(rules: Ruleset, path: Path) -> None:
    """Raise ``LockMismatch`` when content changed and the version did not, or when the lock is not of these rules.

    Without a lock file nothing is locked.
    """
    if not path.exists():
        return
    locked = read_lock(path)
    _ensure_raised(rules, locked)
    now = lock_of(rules)
    stale = sorted(card for card in {*now, *locked} if now.get(card) != locked.get(card))
    if stale:
        raise LockMismatch(f"{path.name}: does not hold {', '.join(stale)} as they are: run 'rules lock'")


def unraised(rules: Ruleset, locked: Mapping[str, Mapping[str, Any]]) -> tuple[Rule, ...]:
    """Return the rules whose content differs from the lock while their version is no higher."""
    return tuple(
        rule
        for rule in rules.rules
        if (lock := locked.get(rule.id)) is not None
        and lock["sha256"] != rule.hash
        and rule.file.version <= lock["version"]
    )


def _ensure_raised(rules: Ruleset, locked: Mapping[str, Mapping[str, Any]]) -> None:
    changed = unraised(rules, locked)
    if changed:
        said = (
            f"{r.path}: content changed since version {locked[r.id]['version']}: raise 'version'"
            for r in changed
        )
        raise LockMismatch("\n".join(said))
