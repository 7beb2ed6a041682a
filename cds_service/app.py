"""Composition root: settings to stores, rules, clients and routes. The only file that knows all parts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from flask import Flask

from cds_service.advice import RuleAdviser
from cds_service.clock import Clock, SystemClock
from cds_service.errors import InputInvalid
from cds_service.feedback.pseudonym import Pseudonymiser, install_secret
from cds_service.feedback.recorder import CardRecorder
from cds_service.feedback.store import IN_MEMORY, FeedbackStore
from cds_service.fhir.gather import Gatherer
from cds_service.hooks.discovery import build_discovery
from cds_service.hooks.doorway import Doorway
from cds_service.hooks.feedback import feedback_blueprint
from cds_service.hooks.health import health_blueprint
from cds_service.hooks.invoke import invoke_blueprint
from cds_service.hooks.offer import discovery_blueprint
from cds_service.hooks.problems import handle_errors
from cds_service.hooks.services import Adviser, Services
from cds_service.hooks.table import HOOKS, Hook, by_service_id
from cds_service.ops.disabled import DisabledLook, DisabledRules
from cds_service.ops.health import Health
from cds_service.ops.logging import configure_logging
from cds_service.ops.metrics import Metrics
from cds_service.ops.process import at_exit, settle_collector
from cds_service.ops.unknown_codes import UnknownCodes
from cds_service.records.decode import decode_call
from cds_service.ruleset.load import load_ruleset
from cds_service.ruleset.ruleset import Ruleset
from cds_service.settings import Settings

EXTENSION = "cds-service"
"""Key of the Services in ``Flask.extensions``."""


def ensure_may_serve(settings: Settings) -> None:
    """Refuse to serve outside development, because clients cannot be authenticated.

    :raises InputInvalid: ``CDS_DEV`` is not set (exit code 2).
    """
    if not settings.dev:
        raise InputInvalid(
            "Clients cannot be authenticated, so anybody who reaches this service could ask it about a patient. "
            "It serves in development mode only: set CDS_DEV=1, on a machine and network that you trust."
        )


def create_app(settings: Settings, *, clock: Clock | None = None) -> Flask:
    """Return the service: rules loaded, store open, routes in place.

    Nothing of it is authenticated: see ``ensure_may_serve``. The caller ends it with ``shut_down``.

    :raises RuleFileInvalid: rules, tables or value sets hold faults; all of them are listed.
    :raises StoreUnavailable: the database cannot be opened or written.
    """
    disabled = frozenset(settings.disable_rules)
    rules = load_ruleset(
        settings.rules,
        profiles=settings.profiles,
        disabled=disabled,
        rxnorm=settings.rxnorm,
        local_base=settings.code_systems_base,
    )
    return app_of(rules, settings, clock=clock or SystemClock())


def app_of(rules: Ruleset, settings: Settings, *, clock: Clock) -> Flask:
    """Return the service for rules that are loaded already."""
    metrics = Metrics(systems=[system.uri for system in rules.terminology.systems.by_key.values()])
    disabled = DisabledRules(
        settings.disabled_rules_path(),
        known=rules.by_id,
        by_setting=rules.disabled & rules.by_id.keys(),
        clock=clock,
        observe=metrics.rules_disabled,
    )
    gatherer = Gatherer(settings, clock=clock, observe=metrics.fhir_queried)
    adviser = RuleAdviser(rules, gatherer, settings, disabled=disabled.rules)
    return assemble(
        settings,
        adviser=adviser,
        templates_of=lambda hook: adviser.needs(hook).templates,
        rules_loaded=len(rules.rules),
        disabled=disabled.look,
        clock=clock,
        metrics=metrics,
        closing=(gatherer.close,),
        rxnorm=rules.terminology.rxnorm_release,
    )


def worker_app(environment: Mapping[str, str]) -> Flask:
    """Return the service for a process of its own: from the environment, logging, closed at exit.

    :raises InputInvalid: a setting cannot be used, or the service may not serve.
    """
    settings = Settings.from_environment(environment)
    ensure_may_serve(settings)
    configure_logging(settings.log_level)
    app = create_app(settings)
    at_exit(lambda: shut_down(app))
    settle_collector()
    return app


def assemble(
    settings: Settings,
    *,
    adviser: Adviser,
    templates_of: Callable[[str], Mapping[str, str]],
    rules_loaded: int,
    clock: Clock,
    metrics: Metrics,
    disabled: Callable[[], DisabledLook] = DisabledLook,
    hooks: Iterable[Hook] = HOOKS,
    closing: Iterable[Callable[[], None]] = (),
    rxnorm: str | None = None,
) -> Flask:
    """Wire an application around an adviser.

    ``templates_of`` returns the prefetch templates of a hook; ``disabled`` the rules that operators disabled;
    ``closing`` is called when the application is shut down; ``rxnorm`` is the date of the RxNorm release in use.
    """
    hooks = tuple(hooks)
    metrics.rules_loaded(rules_loaded)
    store = FeedbackStore(str(settings.database))
    services = Services(
        hooks=by_service_id(hooks),
        discovery=build_discovery(hooks, templates_of),
        decode=decode_call,
        adviser=adviser,
        store=store,
        recorder=CardRecorder(store, metrics),
        pseudonymiser=Pseudonymiser(install_secret(_secret_path(settings.database))),
        metrics=metrics,
        health=Health(
            rules_loaded=rules_loaded, store_writable=store.writable, disabled=disabled, rxnorm=rxnorm
        ),
        unknown_codes=UnknownCodes(),
        clock=clock,
        max_body_bytes=settings.max_body_bytes,
        closing=tuple(closing),
    )
    return _routes(services, origins=settings.allowed_origins or (("*",) if settings.dev else ()))


def shut_down(app: Flask) -> None:
    """Write what is still to be remembered and close the store; the application cannot be used afterwards.

    Doing it again does nothing.
    """
    services: Services = app.extensions[EXTENSION]
    services.recorder.close()
    services.store.close()
    for close in services.closing:
        close()


def _routes(services: Services, *, origins: Collection[str]) -> Flask:
    app = Flask("cds_service", static_folder=None)
    app.extensions[EXTENSION] = services
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    handle_errors(app, services.metrics)
    app.register_blueprint(discovery_blueprint(services.discovery))
    app.register_blueprint(invoke_blueprint(services))
    app.register_blueprint(feedback_blueprint(services))
    app.register_blueprint(health_blueprint(services))
    app.wsgi_app = Doorway(app.wsgi_app, origins)  # type: ignore[method-assign]  # Flask's documented way
    return app


def _secret_path(database: Path) -> Path | None:
    return None if str(database) == IN_MEMORY else database.with_name(f"{database.name}.secret")
