"""Settings: flags over FORUMLENS_* over forumlens.toml in the working directory over these defaults."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from forumlens.cli.errors import BadInputError
from forumlens.tell.rules import Rule


class Quality(StrEnum):
    """Which encoder a fit takes where none is named."""

    DEFAULT = "default"
    BEST = "best"


class LogFormat(StrEnum):
    """How the service writes its log."""

    TEXT = "text"
    JSON = "json"


class Settings(BaseSettings):
    """What holds where no flag says otherwise."""

    model_config = SettingsConfigDict(env_prefix="FORUMLENS_", toml_file="forumlens.toml", extra="forbid")

    database_url: str = "sqlite:///forumlens.db"
    bundle: Path = Path("bundle")
    forum: str = "huggingface"
    hub_endpoint: str = "https://huggingface.co"
    contact: str = ""
    """Mail address or URL put into the crawler's User-Agent, so that an operator can reach you."""
    rate: float = Field(1.0, ge=0)
    """Requests a second to a forum; 0 is unlimited, for a server of one's own."""
    budget: int | None = Field(None, ge=1)
    """Requests that may be made to one forum in a day (UTC); none is as many as the pace allows."""
    host: str = "127.0.0.1"
    port: int = Field(50051, ge=0, le=65535)
    web: bool = True
    """Whether the page is served too."""
    web_port: int = Field(8050, ge=0, le=65535)
    tls_cert: Path | None = None
    tls_key: Path | None = None
    tls_client_ca: Path | None = None
    """CA that certificates of clients are from; a client must then show one."""
    tls_ca: Path | None = None
    """For a client: CA that the server's certificate is from, where the system does not know it."""
    token_file: Path | None = None
    token: str = ""
    """For a client: the token that it sends."""
    insecure: bool = False
    client_rate: float = Field(0.0, ge=0)
    """Posts a second that each client may ask for; 0 is no limit."""
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = Field(None, ge=0, le=65535)
    otlp_endpoint: str = Field("", pattern="^(https?://.+)?$")
    """Collector of OpenTelemetry that traces are sent to (OTLP over gRPC); empty sends none."""
    log_format: LogFormat = LogFormat.TEXT
    log_level: str = Field("WARNING", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    encoder: str = ""
    """Name or path of a sentence-transformers model; empty leaves it to the bundle, and before that to `quality`."""
    quality: Quality | None = None
    """`default` is the MiniLM weights that come with the install, `best` is all-mpnet-base-v2; None is not said."""
    device: str = ""
    """`cpu`, `cuda`, `cuda:1`; empty takes what the machine has."""
    precision: str = ""
    """`float32` or `bfloat16`; empty takes what the device is good at."""
    families: Path | None = None
    """Own table of model families, read on top of the one that comes along."""
    seed: int = 0
    alerts: tuple[Rule, ...] = ()
    """Rules of `forumlens alerts`, `[[alerts]]` tables in forumlens.toml."""
    webhook_url: str = ""
    """Where alerts are posted to; empty keeps them for the feed."""
    webhook_secret: str = Field("", repr=False)
    """Base64, with or without `whsec_` before it; signs what is posted."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, then the environment, then the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(**flags: object) -> Settings:
    """Settings with the flags that were given (None: not given); raises BadInputError that names what is wrong."""
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise BadInputError(
            f"setting {name!r} is {first.get('input')!r}: {first['msg']}. "
            f"Mend the flag, FORUMLENS_{name.upper()} or forumlens.toml"
        ) from error
