"""Settings: which source goes before which, what is refused, and that an error shows no secret."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from flows.settings import Settings, SettingsError, load_settings
from flows.stages.deliver.webhook import WebhookSettings

SECRET = "s3cr3t"
KEY = base64.b64encode(SECRET.encode() * 5).decode()
HOOK = f'[[channels]]\nkind = "webhook"\nname = "desk"\nurl = "https://me:{SECRET}@hooks.example/{SECRET}"\n'


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let no variable and no file of the person who runs the tests count."""
    for name in [name for name in os.environ if name.upper().startswith("SAHELWATCH_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def written(content: str, name: str = "sahelwatch.toml") -> Path:
    path = Path(name)
    path.write_text(content, encoding="utf-8")
    return path


def test_without_a_file_all_has_a_default() -> None:
    settings = load_settings()
    assert settings.database.startswith("sqlite:///")
    assert settings.watch.is_file()
    assert [channel.kind for channel in settings.channels] == ["console"]
    assert settings.alerts.max_article_age_days == 14


def test_the_command_line_goes_before_the_environment_and_that_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    written('database = "sqlite:///file.db"\nwatch = "file.toml"\nsources = ["file"]')
    assert load_settings().database == "sqlite:///file.db"
    monkeypatch.setenv("SAHELWATCH_DATABASE", "sqlite:///environment.db")
    assert load_settings().database == "sqlite:///environment.db"
    monkeypatch.setenv("SAHELWATCH_WATCH", "environment.toml")
    settings = load_settings(database="sqlite:///line.db", watch=None)
    assert settings.database == "sqlite:///line.db"
    assert settings.watch == Path("environment.toml")
    assert settings.sources == ("file",)


def test_two_underscores_lead_into_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    written("[alerts]\nmax_article_age_days = 3")
    assert load_settings().alerts.max_article_age_days == 3
    monkeypatch.setenv("SAHELWATCH_ALERTS__MAX_ARTICLE_AGE_DAYS", "30")
    assert load_settings().alerts.max_article_age_days == 30


def test_lists_come_as_json_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAHELWATCH_SOURCES", '["one", "two"]')
    monkeypatch.setenv("SAHELWATCH_CHANNELS", '[{"kind": "console", "name": "here"}]')
    settings = load_settings()
    assert settings.sources == ("one", "two")
    assert [channel.name for channel in settings.channels] == ["here"]


def test_a_named_file_takes_the_place_of_the_one_in_the_folder() -> None:
    written('database = "sqlite:///folder.db"')
    written("[alerts]\nmax_article_age_days = 5", "other.toml")
    settings = load_settings(Path("other.toml"))
    assert settings.alerts.max_article_age_days == 5
    assert "folder.db" not in settings.database


UNKNOWN = {
    "databse": 'databse = "sqlite:///x.db"',
    "alerts.max_age": "[alerts]\nmax_age = 3",
    "channels.0.console.colour": '[[channels]]\nkind = "console"\ncolour = "red"',
    "channels.1.webhook.urll": f'[[channels]]\nkind = "console"\n{HOOK}urll = "x"\nsecrets = ["whsec_{KEY}"]',
    "channels.0.email.recipient": '[[channels]]\nkind = "email"\nname = "m"\nhost = "h"\nsender = "a@example.org"\n'
    'recipients = ["b@example.org"]\nrecipient = "c@example.org"',
}


@pytest.mark.parametrize(("field", "content"), UNKNOWN.items(), ids=UNKNOWN.keys())
def test_an_unknown_name_is_refused_at_whatever_depth(field: str, content: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(written(content, "bad.toml"))
    assert str(caught.value).startswith("bad.toml")
    assert f" {field}: " in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("name", ["SAHELWATCH_ALERTS__MAX_AGE", "SAHELWATCH_DATABSE", "SAHELWATCH_ALERT__MAX_AGE"])
def test_an_unknown_variable_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "3")
    with pytest.raises(SettingsError):
        load_settings()


@pytest.mark.parametrize("content", ["a = = 1", "database = 5", "[alerts]\nmax_article_age_days = 0", "sources = 3"])
def test_a_bad_value_names_the_file(content: str) -> None:
    with pytest.raises(SettingsError, match=r"^sahelwatch\.toml"):
        load_settings(written(content).parent / "sahelwatch.toml")


@pytest.mark.parametrize(
    "content",
    [
        f'{HOOK}secrets = ["{SECRET}"]',
        f'{HOOK}secrets = "{SECRET}"',
        f'{HOOK}secrets = ["whsec_{KEY}"]\ntimeout_s = "{SECRET}"',
        f'{HOOK.replace("https", "ftp")}secrets = ["whsec_{KEY}"]',
        f'[[channels]]\nkind = "email"\nname = "m"\nhost = "h"\npassword = "{SECRET}"',
    ],
)
def test_an_error_shows_no_secret(content: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(written(content))
    told: BaseException | None = caught.value
    while told is not None:  # nor do those behind it, which a log would print
        assert SECRET not in str(told)
        told = told.__cause__


def test_settings_show_no_secret() -> None:
    settings = load_settings(written(f'{HOOK}secrets = ["whsec_{KEY}"]'))
    shown = f"{settings!r} {settings} {settings.model_dump_json()}"
    assert SECRET not in shown
    assert KEY not in shown
    assert load_settings(Path("sahelwatch.toml"), database="sqlite:///x.db").channels == settings.channels


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        setattr(Settings(), "database", "sqlite:///x.db")  # noqa: B010 (the type checker would refuse it first)


def channel(**fields: str | list[str]) -> str:
    lines = [f"{name} = {json.dumps(value)}" for name, value in fields.items()]
    return "\n".join(["[[channels]]", 'kind = "webhook"', 'name = "desk"', *lines])


def test_secrets_are_looked_up_where_the_settings_name_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_URL", "https://hooks.example/s3cr3t")
    monkeypatch.setenv("HOOK_KEY", f"whsec_{KEY}")
    written(channel(url="env:HOOK_URL", secrets=["env:HOOK_KEY"]))
    (desk,) = load_settings().channels
    assert isinstance(desk, WebhookSettings)
    assert desk.url.get_secret_value() == "https://hooks.example/s3cr3t"
    assert [one.get_secret_value() for one in desk.secrets] == [f"whsec_{KEY}"]
    assert SECRET not in repr(load_settings())


def test_references_come_from_the_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PING", f"https://ping.example/{SECRET}")
    monkeypatch.setenv("SAHELWATCH_HEARTBEAT", "env:PING")
    found = load_settings().heartbeat
    assert found is not None
    assert found.get_secret_value() == f"https://ping.example/{SECRET}"


def test_a_secret_that_is_not_there_is_named_by_its_reference() -> None:
    written(channel(url="https://hooks.example/", secrets=["env:NO_SUCH_KEY"]))
    with pytest.raises(SettingsError, match="env:NO_SUCH_KEY: the variable is not set"):
        load_settings()
