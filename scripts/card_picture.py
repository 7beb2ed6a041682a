"""Draws the card of the README from the service's own answer: HTML, then a picture by headless Chromium.

Run ``python scripts/card_picture.py`` after a change of wording; it needs the command ``chromium``.
"""

from __future__ import annotations

import html
import subprocess
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from cds_service.explain.source import story_of

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "card.png"
PATIENT = ROOT / "fhir_fixtures" / "patients" / "refractory-classical" / "bundle.json"
AS_OF = date(2026, 6, 15)
WIDTH, HEIGHT = 900, 560
EXPLANATION = "org.cds-service.explanation"

STYLE = """
body { margin: 0; background: #f4f5f7; font: 15px/1.5 "Segoe UI", "Helvetica Neue", "DejaVu Sans", sans-serif; color: #1f2933 }
main { margin: 28px; background: #fff; border: 1px solid #d9dee5; border-left: 6px solid #b7791f; border-radius: 6px;
  padding: 22px 26px }
h1 { font-size: 19px; line-height: 1.35; margin: 0 0 4px }
.source { color: #5f6c7b; font-size: 13px; margin-bottom: 16px }
table { border-collapse: collapse; width: 100%; margin: 10px 0 16px; font-size: 14px }
th { text-align: left; color: #5f6c7b; font-weight: 600; border-bottom: 1px solid #d9dee5; padding: 4px 8px 4px 0 }
td { border-bottom: 1px solid #eceff3; padding: 6px 8px 6px 0 }
p { margin: 8px 0 }
.button { display: inline-block; background: #1d4e89; color: #fff; border-radius: 4px; padding: 8px 14px; font-weight: 600 }
.quiet { display: inline-block; color: #1d4e89; padding: 8px 14px }
small { color: #5f6c7b }
"""


def main() -> None:
    """Write the picture."""
    story = story_of(
        file=PATIENT,
        base_url=None,
        patient_id=None,
        as_of=AS_OF,
        hook="patient-view",
        drafts=(),
        environment={"CDS_RULES": str(ROOT / "rules")},
    )
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "card.html"
        page.write_text(page_of(story["cards"][0]), encoding="utf-8")
        subprocess.run(
            [
                "chromium",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--force-device-scale-factor=2",
                f"--user-data-dir={folder}/profile",
                f"--window-size={WIDTH},{HEIGHT}",
                f"--screenshot={PICTURE}",
                page.as_uri(),
            ],
            check=True,
            capture_output=True,
        )


def page_of(card: dict[str, Any]) -> str:
    """Return the page that shows a card as an EHR might."""
    said = card["detail"].split("\n\n")[0]
    rows = "".join(_row(t) for t in card["extension"][EXPLANATION]["trials"])
    buttons = "".join(f'<span class="button">{html.escape(s["label"])}</span>' for s in card["suggestions"])
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>Card</title><style>{STYLE}</style><main>"
        f"<h1>{html.escape(card['summary'])}</h1>"
        f"<div class='source'>{html.escape(card['source']['label'])} · {card['indicator']}</div>"
        f"<p>{html.escape(said)}</p>"
        "<table><tr><th>Therapy</th><th>Ordered</th><th>Daily dose</th><th>Days</th><th>Verdict</th></tr>"
        f"{rows}</table>{buttons}<span class='quiet'>Dismiss with a reason</span>"
        "<p><small>Not clinically reviewed; decision support, not an instruction to treat.</small></p></main></html>"
    )


def _row(trial: dict[str, Any]) -> str:
    cells = (
        trial["therapy"],
        f"{trial.get('start', '')} to {trial.get('end', 'now')}",
        trial.get("dailyDose", "–"),
        f"{trial['days']:g}" if "days" in trial else "–",
        f"{trial['verdict']} ({trial['reason']})" if "reason" in trial else trial["verdict"],
    )
    return "<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in cells) + "</tr>"


if __name__ == "__main__":
    main()
