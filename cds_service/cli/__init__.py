"""The command ``cds-service``: serve, demo, explain, rules, fixtures, terminology. Exit codes come from the error tree."""

from __future__ import annotations

import click

from cds_service.cli.book import docs
from cds_service.cli.changes import diff, lock
from cds_service.cli.coverage import coverage
from cds_service.cli.drawing import graph
from cds_service.cli.fixtures import fixtures
from cds_service.cli.mutation import mutate
from cds_service.cli.rules import rules
from cds_service.cli.service import demo, explain, serve
from cds_service.cli.switching import disable, disabled, enable
from cds_service.cli.terminology import terminology
from cds_service.cli.writing import fmt, new


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cds-service", prog_name="cds-service")
def main() -> None:
    """Failed-therapy decision support over CDS Hooks and FHIR R4."""


for command in (serve, demo, explain, rules, fixtures, terminology):
    main.add_command(command)
for command in (coverage, diff, disable, disabled, docs, enable, fmt, graph, lock, mutate, new):
    rules.add_command(command)
