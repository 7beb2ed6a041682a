"""Commands for code systems at a site: ``terminology import-rxnorm`` and ``terminology gaps``."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson

from cds_service.cli.common import count, ended, folder_of, json_option, rules_dir_option, say
from cds_service.errors import InputInvalid

if TYPE_CHECKING:
    from cds_service.rxnorm.importing import Imported

MOST_LINES = 20
"""Lines of one kind that are printed; all of them stand in the file."""

_SECONDS = 10


@click.group()
def terminology() -> None:
    """Bring in an RxNorm release; list codes that no table knows."""


# ---------------------------------------------------------------- import-rxnorm


@terminology.command("import-rxnorm")
@click.argument("source", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Folder for database, difference and table; CDS_RXNORM or rxnorm by default.",
)
@click.option("--release", default=None, metavar="DAY", help="Date of the release, when DIR's name has none.")
@click.option("--apply", is_flag=True, help="Put the table in place; without it nothing changes.")
@rules_dir_option
@json_option
def import_rxnorm(
    source: Path, folder: Path | None, release: str | None, apply: bool, rules_dir: Path | None, as_json: bool
) -> None:
    """Read an unpacked RxNorm release and show what it would change in drugs and value sets."""

    def work() -> None:
        from cds_service.rxnorm.importing import import_release

        done = import_release(
            source, to=_folder(folder), rules_dir=folder_of(rules_dir), released=release, apply=apply
        )
        say(_import_report(done), as_json=as_json, text=_import_text)

    ended(work, as_json=as_json)


def _folder(folder: Path | None) -> Path:
    return folder if folder is not None else Path(os.environ.get("CDS_RXNORM") or "rxnorm")


def _import_report(done: Imported) -> dict[str, Any]:
    from cds_service.rxnorm.importing import DIFF
    from cds_service.rxnorm.review import KINDS

    reading = done.reading
    return {
        "release": reading.released,
        "against": done.against,
        "counts": {kind: len(done.review.of_kind(kind)) for kind in KINDS},
        "meanings": dict(KINDS),
        "changes": [asdict(change) for change in done.review.changes],
        "sets": [asdict(change) for change in done.review.sets],
        "products": len(reading.products),
        "formerCodes": len(reading.former),
        "readFromNames": len(reading.by_name),
        "otherDrugs": len(reading.others),
        "ndc": {"codes": len(reading.ndc), "doubtful": reading.doubtful_ndc},
        "unread": {"doseForms": dict(reading.unread_forms), "strengths": reading.unread_strengths},
        "applied": done.applied,
        "folder": str(done.folder),
        "file": str(done.folder / DIFF),
    }


def _import_text(report: Mapping[str, Any]) -> str:
    return "\n".join(_import_lines(report))


def _import_lines(report: Mapping[str, Any]) -> Iterator[str]:
    yield f"RxNorm release {report['release']}, held against {report['against']}"
    yield (
        f"{count(report['products'], 'code')} of {report['otherDrugs'] + report['products']} stand for ingredients of "
        f"the rules; {count(report['formerCodes'], 'former code')}; {count(report['readFromNames'], 'code')} read from "
        f"names; {report['ndc']['codes']} NDC, {report['ndc']['doubtful']} of several products left out"
    )
    for kind, number in report["counts"].items():
        if number:
            yield ""
            yield from _kind_lines(kind, number, report)
    yield from _set_lines(report["sets"])
    yield from _unread_lines(report["unread"])
    yield ""
    yield f"All of it: {report['file']}"
    if report["applied"]:
        yield f"In place: start the service with CDS_RXNORM={report['folder']}"
    else:
        yield "Nothing was changed. When the difference is right, run again with --apply."


def _kind_lines(kind: str, number: int, report: Mapping[str, Any]) -> Iterator[str]:
    yield f"{kind}: {number} ({report['meanings'][kind]})"
    changes = [change for change in report["changes"] if change["change"] == kind]
    if kind == "added":
        by_drug = Counter(name for change in changes for name in change["ingredients"])
        yield from (f"  {name}: {amount}" for name, amount in sorted(by_drug.items()))
        return
    for change in changes[:MOST_LINES]:
        yield f"  {change['code']} {change['label']}: {_before_after(change)}"
    if number > MOST_LINES:
        yield f"  and {number - MOST_LINES} more"


def _before_after(change: Mapping[str, Any]) -> str:
    if change["change"] in {"changed", "verified"}:
        return f"{change['before']} -> {change['after']}"
    return change["after"] or "not there"


def _set_lines(sets: list[dict[str, Any]]) -> Iterator[str]:
    if sets:
        yield ""
        yield f"value sets that change: {len(sets)}"
    for change in sets:
        lost = f", {len(change['lost'])} lost" if change["lost"] else ""
        yield f"  {change['name']}: {change['before']} -> {change['after']} codes{lost}"


def _unread_lines(unread: Mapping[str, Any]) -> Iterator[str]:
    if unread["strengths"]:
        yield ""
        yield f"strengths that could not be read (unknown, never zero): {count(unread['strengths'], 'component')}"
    if unread["doseForms"]:
        yield ""
        yield "dose forms that rxnorm_words.csv lacks (form and route unknown):"
        yield from (f"  {name}: {number}" for name, number in unread["doseForms"].items())


# ---------------------------------------------------------------- gaps


@terminology.command()
@click.argument("files", metavar="FILE...", nargs=-1, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--url", default=None, metavar="URL", help="Base address of a running service instead of files."
)
@click.option(
    "--rxnorm",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Folder of an RxNorm import in use; CDS_RXNORM by default.",
)
@click.option("--all", "everything", is_flag=True, help="Also codes of known systems outside drugs.")
@click.option("--top", type=click.IntRange(1, 10_000), default=100, show_default=True, help="Codes listed.")
@rules_dir_option
@json_option
def gaps(
    files: tuple[Path, ...],
    url: str | None,
    rxnorm: Path | None,
    everything: bool,
    top: int,
    rules_dir: Path | None,
    as_json: bool,
) -> None:
    """List codes that no table knows, by system and count: of Bundles or NDJSON files, or of a running service.

    Codes and counts only: no text, no patient.
    """

    def work() -> None:
        if (url is None) == (not files):
            raise InputInvalid("Name FHIR files (Bundles or NDJSON), or a running service by --url.")
        if url is not None:
            say(_met_by(url, top), as_json=as_json, text=_met_text)
        else:
            place = rxnorm or _given_folder()
            say(
                _found_in(files, folder_of(rules_dir), place, everything=everything, top=top),
                as_json=as_json,
                text=_gaps_text,
            )

    ended(work, as_json=as_json)


def _given_folder() -> Path | None:
    given = os.environ.get("CDS_RXNORM", "").strip()
    return Path(given) if given else None


def _found_in(
    files: tuple[Path, ...], rules_dir: Path, rxnorm: Path | None, *, everything: bool, top: int
) -> dict[str, Any]:
    from cds_service.terminology import load_terminology
    from cds_service.terminology.gaps import GapCounter

    counter = GapCounter(load_terminology(rules_dir, rxnorm=rxnorm), everything=everything)
    for file in files:
        for resource in _resources(file):
            counter.add(resource)
    found = counter.report()
    by_system: Counter[str] = Counter()
    for gap in found.gaps:
        by_system[gap.system] += gap.count
    return {
        "concepts": found.concepts,
        "bySystem": dict(by_system.most_common()),
        "codes": [asdict(gap) for gap in found.gaps[:top]],
        "notListed": len(found.gaps[top:]),
        "beyond": found.beyond,
    }


def _resources(file: Path) -> Iterator[Mapping[str, Any]]:
    """The resources of a Bundle, of a single resource, or of lines of NDJSON. Messages name file and line only."""
    try:
        if file.suffix.lower() != ".ndjson":
            yield _resource(file.read_bytes(), str(file))
            return
        with file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _resource(line, f"{file}:{number}")
    except OSError as problem:
        raise InputInvalid(f"{file}: {problem.strerror}") from None


def _resource(content: bytes, where: str) -> Mapping[str, Any]:
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict) or "resourceType" not in found:
        raise InputInvalid(f"{where}: expected a FHIR Bundle or resource in JSON")
    return found


def _gaps_text(report: Mapping[str, Any]) -> str:
    lines = [f"{count(report['concepts'], 'coded field')} read"]
    if not report["codes"]:
        return f"{lines[0]}: every code that matters is known"
    lines += [f"{number:>7}  {system}" for system, number in report["bySystem"].items()]
    lines += ["", "  count  unread  field        system | code"]
    for gap in report["codes"]:
        lines.append(
            f"{gap['count']:>7} {gap['unread']:>7}  {gap['field']:<11}  {gap['system']} | {gap['code']}"
        )
    if report["notListed"] or report["beyond"]:
        more = f"{count(report['notListed'], 'code')} not listed (--top)"
        lines.append(f"{more}; {report['beyond']} met beyond what is counted one by one")
    lines.append("unread: neither another code nor the text was understood; there the rules are blind")
    return "\n".join(lines)


def _met_by(url: str, top: int) -> dict[str, Any]:
    """What a running service met. Raises ``InputInvalid`` when it cannot be asked."""
    import requests

    address = f"{url.rstrip('/')}/unknown-codes"
    try:
        answer = requests.get(address, timeout=_SECONDS, allow_redirects=False)
        found = answer.json() if answer.status_code == 200 else None
    except (requests.RequestException, ValueError):
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("codes"), list):
        raise InputInvalid(f"{address}: no cds-service answers there")
    codes = found["codes"]
    return {
        "rxnorm": found.get("rxnorm"),
        "codes": codes[:top],
        "notListed": len(codes[top:]),
        "beyond": found.get("notListed", 0),
    }


def _met_text(report: Mapping[str, Any]) -> str:
    release = report["rxnorm"]
    lines = [
        f"RxNorm release {release}" if release else "shipped product table only: no RxNorm import in use"
    ]
    if not report["codes"]:
        return f"{lines[0]}\nno unknown code was met since the start"
    lines += [f"{code['count']:>7}  {code['system']} | {code['code']}" for code in report["codes"]]
    if report["notListed"] or report["beyond"]:
        more = f"{count(report['notListed'], 'code')} not listed (--top)"
        lines.append(f"{more}; {report['beyond']} met beyond what is counted one by one")
    return "\n".join(lines)
