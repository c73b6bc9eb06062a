"""The settings: `sahelwatch.toml`, overridden by SAHELWATCH_… (nested with __); secrets from the
environment or Prefect blocks, by reference.

In: a TOML file and the environment. Out: frozen settings. An unknown name is refused, at whatever depth: a
mistyped setting must not be silently without effect.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableSettingsError

from flows.references import resolved
from flows.stages.deliver.console import ConsoleSettings
from flows.stages.deliver.registry import ChannelSettings
from flows.stages.http_values import HttpSettings

PREFIX = "SAHELWATCH_"
HOME = Path(__file__).resolve().parents[1]  # the checkout, or site-packages where installed
DATA = HOME if (HOME / "pyproject.toml").is_file() else Path.cwd()


class SettingsError(Exception):
    """Settings that cannot be used; the message names the file or variable and the field."""


class AlertSettings(BaseModel):
    """What keeps alerts from being a flood."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_article_age_days: int = Field(default=14, ge=1)  # older articles are recorded without alert
    baseline: bool = True  # what the first read of a source of the web brings is recorded without alert
    when_unknown: Literal["retry", "keep"] = "retry"  # a message that may have arrived: again, or left to a person


class UpkeepSettings(BaseModel):
    """What the nightly upkeep keeps, and for how long."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bodies_max_age_days: int | None = Field(default=365, ge=1)  # raw bodies; what was read from them stays for ever
    bodies_max_mb: int | None = Field(default=None, ge=0)  # of all raw bodies; the oldest go first
    backups: Path = DATA / "var" / "backups"
    backups_kept: int = Field(default=7, ge=0)  # nightly ones; 0 makes none
    runs_kept_days: int = Field(default=30, ge=1)  # of Prefect's own history of our flows


class MetricsSettings(BaseModel):
    """Where counters are written for Prometheus."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: Path | None = None  # of a node exporter's textfile folder, such as …/sahelwatch.prom


class LogSettings(BaseModel):
    """Where structured logs are written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: Path | None = None  # JSON Lines, one object an event; added to, never cut


class Settings(BaseSettings):
    """All settings of one run."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,  # an error must not print the secret it is about
    )

    database: str = f"sqlite:///{DATA / 'var' / 'sahelwatch.db'}"
    seeds: Path = HOME / "seeds"
    watch: Path = HOME / "seeds" / "watch.toml"
    catalogue: Path = HOME / "seeds" / "sources.toml"
    sources: tuple[str, ...] = ()  # files, folders or addresses to read in place of the catalogue's
    http: HttpSettings = HttpSettings()
    alerts: AlertSettings = AlertSettings()
    upkeep: UpkeepSettings = UpkeepSettings()
    metrics: MetricsSettings = MetricsSettings()
    logs: LogSettings = LogSettings()
    channels: tuple[ChannelSettings, ...] = (ConsoleSettings(),)
    heartbeat: SecretStr | None = None  # an address that is asked after each good run, and rings when it is not

    @field_validator("channels", "heartbeat", mode="before")
    @classmethod
    def _look_up(cls, value: Any) -> Any:
        """Put secrets in the place of references such as "env:SMTP_PASSWORD" and "block:smtp-password"."""
        return resolved(value)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment go before what the file says, which comes in as arguments."""
        return env_settings, init_settings


def load_settings(config: Path | None = None, **given: Any) -> Settings:
    """Read the settings; `given` (from the command line) goes before environment and file.

    Without `config`, `sahelwatch.toml` of the working folder is read where it exists.
    SettingsError tells what is wrong.
    """
    path = config or Path("sahelwatch.toml")
    content = _content(path) if config or path.is_file() else {}
    _refuse_unknown_variables()
    chosen = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(**content).model_copy(update=chosen)  # not validated anew: the environment would be asked again
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise SettingsError(f"{path} or SAHELWATCH_…: {field}: {first['msg']}") from error
    except UnreadableSettingsError as error:
        raise SettingsError(f"SAHELWATCH_…: {error.args[0].split('from source')[0].strip()}: is no JSON") from error


def _refuse_unknown_variables() -> None:
    """Refuse a variable that names no setting: a mistyped one must not be silently without effect."""
    known = set(Settings.model_fields)
    for name in os.environ:
        if name.startswith(PREFIX) and name.removeprefix(PREFIX).split("__")[0].lower() not in known:
            raise SettingsError(f"{name}: names no setting; there are {', '.join(sorted(known))}")


def _content(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is no TOML: {error}") from error
