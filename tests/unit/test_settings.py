"""Settings come from the environment once; what cannot be used is named before the service starts."""

from __future__ import annotations

import dataclasses
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cds_service.errors import InputInvalid
from cds_service.settings import Settings


def test_without_a_word_the_service_is_in_production_mode_with_careful_limits():
    settings = Settings.from_environment({})
    assert settings.dev is False
    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert settings.call_budget_seconds == 3.0
    assert settings.max_body_bytes == 20_000_000
    assert settings.cards_per_call == 5
    assert settings.allowed_origins == ()
    assert settings.time_zone is UTC


def test_every_value_is_read_from_the_variable_of_its_name():
    settings = Settings.from_environment(
        {
            "CDS_DEV": "1",
            "CDS_HOST": "0.0.0.0",
            "CDS_PORT": "9090",
            "CDS_PUBLIC_BASE_URL": "https://cds.example.org/",
            "CDS_DATABASE": "/var/lib/cds/feedback.sqlite3",
            "CDS_RULES": "site/rules",
            "CDS_CODE_SYSTEMS_BASE": "https://cds.example.org/fhir/",
            "CDS_PROFILES": "us, neurology",
            "CDS_DISABLE_RULES": "TN-05,CM-06,TN-05",
            "CDS_DISABLED_RULES_FILE": "/var/lib/cds/disabled.json",
            "CDS_CARDS_PER_CALL": "3",
            "CDS_ALLOWED_ORIGINS": "https://ehr.example.org,http://localhost:3000",
            "CDS_MAX_BODY_BYTES": "1000000",
            "CDS_CALL_BUDGET_SECONDS": "1.5",
            "CDS_CONNECT_TIMEOUT_SECONDS": "0.5",
            "CDS_READ_TIMEOUT_SECONDS": "1",
            "CDS_FHIR_SERVERS": "https://fhir.example.org/r4/",
            "CDS_FHIR_MAX_PAGES": "7",
            "CDS_TIME_ZONE": "Europe/Berlin",
            "CDS_TIME_ZONES": "https://fhir.example.org/r4=America/New_York,https://b.example.org=utc",
            "CDS_LOG_LEVEL": "DEBUG",
        }
    )
    assert settings == Settings(
        dev=True,
        host="0.0.0.0",
        port=9090,
        public_base_url="https://cds.example.org",
        database=Path("/var/lib/cds/feedback.sqlite3"),
        rules=Path("site/rules"),
        code_systems_base="https://cds.example.org/fhir",
        profiles=("us", "neurology"),
        disable_rules=("TN-05", "CM-06"),
        disabled_rules_file=Path("/var/lib/cds/disabled.json"),
        cards_per_call=3,
        allowed_origins=("https://ehr.example.org", "http://localhost:3000"),
        max_body_bytes=1_000_000,
        call_budget_seconds=1.5,
        connect_timeout_seconds=0.5,
        read_timeout_seconds=1.0,
        fhir_servers=("https://fhir.example.org/r4",),
        fhir_max_pages=7,
        time_zone=ZoneInfo("Europe/Berlin"),
        time_zones={
            "https://fhir.example.org/r4": ZoneInfo("America/New_York"),
            "https://b.example.org": UTC,
        },
        log_level="debug",
    )


def test_other_variables_and_empty_ones_change_nothing():
    assert Settings.from_environment({"PATH": "/bin", "CDS_PORT": "", "CDS_DATABASE": " "}) == Settings()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("CDS_DEV", "perhaps", "1 or 0"),
        ("CDS_PORT", "http", "1 to 65535"),
        ("CDS_PORT", "70000", "1 to 65535"),
        ("CDS_CALL_BUDGET_SECONDS", "nan", "seconds"),
        ("CDS_CALL_BUDGET_SECONDS", "soon", "seconds"),
        ("CDS_PUBLIC_BASE_URL", "cds.example.org", "URL"),
        ("CDS_PUBLIC_BASE_URL", "https://[", "URL"),
        ("CDS_FHIR_SERVERS", "https://a.example.org/r4?x=1", "without query"),
        ("CDS_ALLOWED_ORIGINS", "https://ehr.example.org/app", "origins"),
        ("CDS_TIME_ZONE", "Middle/Earth", "time zone"),
        ("CDS_TIME_ZONE", "../../etc/passwd", "time zone"),
        ("CDS_TIME_ZONES", "Europe/Berlin", "pairs"),
        ("CDS_LOG_LEVEL", "loud", "warning"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_what_was_expected(name, value, expected):
    with pytest.raises(InputInvalid, match=f"^{name}: .*{expected}"):
        Settings.from_environment({name: value})


def test_a_misspelt_name_is_refused_and_the_nearest_one_named():
    with pytest.raises(
        InputInvalid, match="CDS_CARD_PER_CALL: no such setting; did you mean CDS_CARDS_PER_CALL"
    ):
        Settings.from_environment({"CDS_CARD_PER_CALL": "3"})


def test_all_faults_are_told_at_once():
    with pytest.raises(InputInvalid) as refused:
        Settings.from_environment({"CDS_PORT": "x", "CDS_DEV": "x", "CDS_NONSENSE": "x"})
    assert [line.partition(":")[0] for line in str(refused.value).splitlines()] == [
        "CDS_DEV",
        "CDS_NONSENSE",
        "CDS_PORT",
    ]


def test_a_password_in_a_url_is_refused_and_not_repeated():
    with pytest.raises(InputInvalid) as refused:
        Settings.from_environment({"CDS_FHIR_SERVERS": "https://me:hunter2@fhir.example.org"})
    assert "hunter2" not in str(refused.value)


def test_settings_never_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().dev = True


def test_a_client_has_its_own_time_zone_or_the_general_one():
    settings = Settings(
        time_zone=ZoneInfo("Asia/Tokyo"), time_zones={"https://a.example.org/r4": ZoneInfo("UTC")}
    )
    assert settings.zone_of("https://a.example.org/r4/") == ZoneInfo("UTC")
    assert settings.zone_of("https://b.example.org/r4") == ZoneInfo("Asia/Tokyo")
    assert settings.zone_of(None) == ZoneInfo("Asia/Tokyo")


def test_the_description_can_be_read_back():
    settings = Settings(
        dev=True,
        profiles=("us", "neurology"),
        allowed_origins=("*",),
        time_zones={"https://a.example.org": ZoneInfo("Europe/Paris")},
    )
    lines = [line.partition("  # ")[0] for line in settings.describe().splitlines()]
    assert "CDS_DEV=1" in lines
    assert "CDS_PROFILES=us,neurology" in lines
    assert "CDS_PUBLIC_BASE_URL=" in lines
    assert "CDS_TIME_ZONES=https://a.example.org=Europe/Paris" in lines
    assert Settings.from_environment(dict(line.split("=", 1) for line in lines)) == settings


def test_the_description_says_what_every_setting_means():
    for line in Settings().describe().splitlines():
        assert len(line.partition("  # ")[2]) > 10


def test_the_file_of_disabled_rules_lies_beside_the_database_unless_another_is_named():
    assert Settings(database=Path("/var/cds.sqlite3")).disabled_rules_path() == Path(
        "/var/cds.sqlite3.disabled-rules.json"
    )
    named = Settings(database=Path("/var/cds.sqlite3"), disabled_rules_file=Path("/etc/disabled.json"))
    assert named.disabled_rules_path() == Path("/etc/disabled.json")


def test_a_database_in_memory_has_no_file_of_disabled_rules_beside_it():
    assert Settings(database=Path(":memory:")).disabled_rules_path() is None
    named = Settings(database=Path(":memory:"), disabled_rules_file=Path("/etc/disabled.json"))
    assert named.disabled_rules_path() == Path("/etc/disabled.json")
