"""The command ``cds-service``: serve, demo, explain, rules, fixtures. Exit codes come from the error tree."""

from __future__ import annotations

import click

from cds_service.cli.fixtures import fixtures
from cds_service.cli.rules import rules
from cds_service.cli.service import demo, explain, serve


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cds-service", prog_name="cds-service")
def main() -> None:
    """Failed-therapy decision support over CDS Hooks and FHIR R4."""


for command in (serve, demo, explain, rules, fixtures):
    main.add_command(command)
