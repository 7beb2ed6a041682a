"""Runs the Dockerfile's steps without a container engine, then starts its command and waits for its health check.

Each stage is a directory that becomes the root of a private mount namespace, with this system's programs mounted read-only
and the Python that runs this script in the place of the base image's. Nothing is seen by other processes or left behind.
Linux only, with the right to make a mount namespace: as root, or as a user where user namespaces are allowed.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LENT = ("bin", "dev", "etc", "lib", "lib64", "proc", "run", "sbin", "usr")
"""Top-level directories of this system that every stage sees."""
READ_ONLY = ("etc", "usr")
SYSTEM_PYTHON = Path(sys.base_prefix) in {Path("/usr"), Path("/usr/local")}
HEALTHY_WITHIN = 60.0
"""Seconds."""


@dataclass
class Stage:
    """What one ``FROM`` has built up so far; ``root`` is its file system."""

    root: Path
    environment: dict[str, str] = field(
        default_factory=lambda: {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    )
    directory: str = "/"
    user: str | None = None
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)


def main() -> int:
    """Run all steps; 1 when the command does not become healthy, an exception when a step fails."""
    steps = instructions((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as scratch:
        healthy = _start(_build(steps, Path(scratch)))
    print("image_dry_run: " + ("healthy" if healthy else "NOT healthy"))
    return 0 if healthy else 1


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """Keyword and arguments of each instruction; comments are dropped and continued lines joined."""
    lines = [line for line in dockerfile.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines()
    return [
        (keyword.upper(), arguments.strip())
        for keyword, _, arguments in (line.partition(" ") for line in joined)
    ]


def _build(steps: list[tuple[str, str]], scratch: Path) -> Stage:
    """Run every step; the last stage."""
    stages: dict[str, Stage] = {}
    stage = Stage(scratch)
    for keyword, arguments in steps:
        print(f"--> {keyword} {arguments}", flush=True)
        if keyword == "FROM":
            name = re.search(r" AS (\S+)$", arguments)
            stage = _new_stage(scratch / f"stage-{len(stages)}")
            stages[name[1] if name else str(len(stages))] = stage
        elif keyword == "COPY":
            _copy(arguments, stage, stages)
        elif keyword == "RUN":
            subprocess.run(_inside(stage, ["sh", "-euc", arguments]), env=_environment(stage), check=True)
        else:
            _configure(stage, keyword, arguments)
    return stage


def _new_stage(root: Path) -> Stage:
    """An empty file system with places, or the same links, for what this system lends."""
    root.mkdir(mode=0o755)
    for name in LENT:
        here = Path("/", name)
        if here.is_symlink():
            (root / name).symlink_to(here.readlink())
        elif here.is_dir():
            (root / name).mkdir()
    (root / "tmp").mkdir()
    (root / "tmp").chmod(0o1777)
    return Stage(root)


def _configure(stage: Stage, keyword: str, arguments: str) -> None:
    if keyword == "ENV":
        for pair in shlex.split(arguments):
            name, _, value = pair.partition("=")
            stage.environment[name] = value.replace("$PATH", stage.environment["PATH"])
    elif keyword == "WORKDIR":
        stage.directory = arguments
        _place(stage, arguments).mkdir(parents=True, exist_ok=True)
    elif keyword == "USER":
        stage.user = arguments
    elif keyword == "CMD":
        stage.command = json.loads(arguments)
    elif keyword == "HEALTHCHECK":
        stage.health = json.loads(arguments[arguments.index("CMD") + len("CMD") :])
    elif keyword not in {"EXPOSE", "VOLUME"}:
        raise SystemExit(f"image_dry_run: cannot run {keyword}")


def _place(stage: Stage, path: str) -> Path:
    return stage.root / (Path(stage.directory) / path).relative_to("/")


def _copy(arguments: str, stage: Stage, stages: dict[str, Stage]) -> None:
    """Copy from this repository or another stage; like the engine, a directory's content and not the directory."""
    words = arguments.split()
    options = dict(word[2:].split("=", 1) for word in words if word.startswith("--"))
    *sources, target = (word for word in words if not word.startswith("--"))
    origin = stages[options["from"]].root if "from" in options else ROOT
    into = _place(stage, target)
    for source in sources:
        path = origin / source.lstrip("/")
        if path.is_dir():
            shutil.copytree(
                path, into, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            copy = into / path.name if target.endswith("/") else into
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, copy)
    if "chown" in options:
        _give(into, options["chown"])


def _give(path: Path, owner: str) -> None:
    """Change the owner, where that is allowed."""
    if os.geteuid() == 0:
        user, group = map(int, owner.split(":"))
        for each in [path, *path.rglob("*")]:
            os.chown(each, user, group)


def _inside(stage: Stage, command: list[str]) -> list[str]:
    """The command that runs ``command`` in the stage's root, directory and user."""
    root = shlex.quote(str(stage.root))
    lent = [name for name in LENT if Path("/", name).is_dir() and not Path("/", name).is_symlink()]
    steps = [f"mount --rbind /{name} {root}/{name}" for name in lent]
    steps += [f"mount -o remount,ro,bind {root}/{name}" for name in READ_ONLY]
    if not SYSTEM_PYTHON:
        steps.append(f"mount --bind {shlex.quote(sys.base_prefix)} {root}/usr/local")
        steps.append(f"mount -o remount,ro,bind {root}/usr/local")
    as_root = os.geteuid() == 0
    steps.append(f'exec chroot {root} sh -euc {shlex.quote(_enter(stage, switch_user=as_root))} sh "$@"')
    namespace = ["unshare", "--mount"] if as_root else ["unshare", "--mount", "--map-root-user"]
    return [*namespace, "sh", "-euc", "\n".join(steps), "sh", *command]


def _enter(stage: Stage, *, switch_user: bool) -> str:
    identity = ""
    if stage.user and switch_user:
        user, _, group = stage.user.partition(":")
        identity = f"setpriv --reuid={user} --regid={group} --clear-groups "
    return f'cd {shlex.quote(stage.directory)}\nexec {identity}"$@"'


def _environment(stage: Stage) -> dict[str, str]:
    """The stage's variables; of this system's only those that tell pip where packages are."""
    pip = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("PIP_") and name != "PIP_FIND_LINKS"
    }
    lent = (
        {} if SYSTEM_PYTHON else {"LD_LIBRARY_PATH": "/usr/local/lib"}
    )  # a Python away from home finds its library
    return {"HOME": "/tmp", **pip, **lent, **stage.environment}  # noqa: S108 - a home inside the stage


def _start(stage: Stage) -> bool:
    """Run the command until the health check passes; False when it ends or stays unhealthy."""
    _require_free(int(stage.command[-1]))
    print(f"--> starting {' '.join(stage.command)} with CDS_DEV=1", flush=True)
    environment = {**_environment(stage), "CDS_DEV": "1"}
    with subprocess.Popen(_inside(stage, stage.command), env=environment) as process:
        try:
            return _becomes_healthy(stage, process)
        finally:
            process.terminate()


def _require_free(port: int) -> None:
    """Somebody else's service on that port would answer the health check."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise SystemExit(f"image_dry_run: port {port} is in use") from None


def _becomes_healthy(stage: Stage, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + HEALTHY_WITHIN
    check = _inside(stage, stage.health)
    while time.monotonic() < deadline and process.poll() is None:
        if subprocess.run(check, env=_environment(stage), capture_output=True, check=False).returncode == 0:
            return process.poll() is None
        time.sleep(0.5)
    return False


if __name__ == "__main__":
    sys.exit(main())
