"""Patients under another name: a keyed digest that only this installation can make."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path

_SECRET_BYTES = 32


class Pseudonymiser:
    """Turn a patient id into a pseudonym: the same for the same client and patient, useless without the secret."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 16:
            raise ValueError("the pseudonym secret needs at least 16 bytes")
        self._secret = secret

    def subject(self, patient_id: str, *, client: str) -> str:
        """Return 32 hexadecimal digits (HMAC-SHA-256, shortened) for a patient of a client."""
        named = f"{client}\n{patient_id}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._secret, named, "sha256").hex()[:32]


def install_secret(path: Path | None) -> bytes:
    """Return the secret kept in the file at ``path``, made on first use; a passing one when ``path`` is None.

    The file lies apart from the database, readable by its owner only, so that a copy of the database alone does not
    tell who the patients are. Several processes may start at once: the first one to create the file wins.
    """
    if path is None:
        return secrets.token_bytes(_SECRET_BYTES)
    if not path.exists():
        _create(path)
    return bytes.fromhex(path.read_text(encoding="ascii").strip())


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_SECRET_BYTES) + "\n")
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
