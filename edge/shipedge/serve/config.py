"""The TOML file of `shipedge serve`."""

from __future__ import annotations

import ipaddress
import math
import re
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct, field

from shipedge.errors import ConfigError, SourceError
from shipedge.files.shorten import shorten
from shipedge.sources import Source
from shipedge.sources.address import expand
from shipedge.sources.listed import read_secret, read_toml, sources_in

__all__ = ["Config", "Keep", "Models", "Mqtt", "Rule", "Server", "Webhook", "is_of", "read_config"]

MOST_SOURCES = 64
"""More than one machine can look at; what is counted by source has a bound."""
_UNITS = {"MB": 10**6, "GB": 10**9, "TB": 10**12}
_HASH = re.compile(r"sha256:[0-9a-f]{64}")

Positive = Annotated[float, Meta(gt=0, le=1e9)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
_Output = TypeVar("_Output", "Mqtt", "Webhook")


class Server(Struct, forbid_unknown_fields=True, frozen=True):
    """Who may look.

    Attributes:
        listen: address and port.
        token_hash: "sha256:" and 64 hexadecimal digits, as `shipedge serve --new-token` prints it; "": no token.
        hosts: names by which a proxy in front is called.
    """

    listen: str = "127.0.0.1:8765"
    token_hash: str = ""
    hosts: list[str] = field(default_factory=list)

    @property
    def address(self) -> tuple[str, int]:
        """(address, port). Raises ConfigError where it is none."""
        host, _, port = self.listen.rpartition(":")
        try:
            ipaddress.ip_address(host.strip("[]"))
        except ValueError:
            raise ConfigError(f"server.listen is {shorten(self.listen)}, expected such as 127.0.0.1:8765") from None
        if not (port.isascii() and port.isdigit() and int(port) < 65536):
            raise ConfigError(f"server.listen is {shorten(self.listen)}, expected a port of at most 65535 behind the :")
        return host.strip("[]"), int(port)

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches it."""
        return ipaddress.ip_address(self.address[0]).is_loopback


class Models(Struct, forbid_unknown_fields=True, frozen=True):
    """What looks at the frames: the options of `shipedge predict`."""

    bundle: str = ""
    threads: Annotated[int, Meta(ge=1, le=256)] | None = None
    device: str = "auto"
    point: Literal["careful", "balanced", "sensitive"] = "careful"
    min_score: Annotated[float, Meta(ge=0, le=1)] | None = None
    min_area: Annotated[int, Meta(ge=1)] | None = None
    track: bool = True
    max_age_s: Positive | None = None


class Keep(Struct, forbid_unknown_fields=True, frozen=True):
    """How much is kept: results and images of so many days, in at most so many bytes."""

    days: Positive = 7.0
    size: str = "2GB"

    @property
    def bytes(self) -> int:
        """The size. Raises ConfigError where it is none."""
        match = re.fullmatch(r"(\d{1,6})\s*(MB|GB|TB)", self.size)
        if match is None or int(match[1]) * _UNITS[match[2]] < 10**7:
            raise ConfigError(f"keep.size is {shorten(self.size)}, expected at least 10MB, such as 2GB")
        return int(match[1]) * _UNITS[match[2]]


class Mqtt(Struct, forbid_unknown_fields=True, frozen=True):
    """A broker that gets the events; `discovery` tells Home Assistant of them."""

    host: Name
    port: Annotated[int, Meta(ge=1, le=65535)] = 1883
    user: str = ""
    password: str = ""
    password_file: str = ""
    topic: Annotated[str, Meta(pattern=r"^[^#+\x00-\x1f$][^#+\x00-\x1f]{0,199}$")] = "shipedge"
    tls: bool = False
    ca_file: str = ""
    discovery: bool = False


class Webhook(Struct, forbid_unknown_fields=True, frozen=True):
    """An address to which each event is posted; signed where there is a password."""

    url: Name
    password: str = ""
    password_file: str = ""


class Rule(Struct, forbid_unknown_fields=True, frozen=True):
    """What is an event for others.

    Attributes:
        when: "enter": a track is in the zone; "track": a new one; "count": more ships than `over`; "gap": no frames
            for longer than `longer_s`.
        source: of this source alone, or the files of this table.
        zone: [[x, y], ...], pixels of the frame, at least three.
        over: number of ships.
        longer_s: seconds.
    """

    when: Literal["enter", "track", "count", "gap"]
    source: str = ""
    zone: list[Annotated[list[float], Meta(min_length=2, max_length=2)]] = field(default_factory=list)
    over: Annotated[int, Meta(ge=0)] | None = None
    longer_s: Positive | None = None


class Config(Struct, forbid_unknown_fields=True, frozen=True):
    """The whole file, except for the sources, which `read_config` gives beside it.

    Attributes:
        data: folder of everything that is written.
        server: who may look.
        models: what looks at the frames.
        keep: how much is kept.
        rules: by name.
        mqtt: a broker.
        webhooks: by name.
        most_waiting: events that wait for outputs, at most; the oldest go first.
    """

    data: str = "serve-data"
    server: Server = Server()
    models: Models = Models()
    keep: Keep = Keep()
    rules: dict[Name, Rule] = field(default_factory=dict)
    mqtt: Mqtt | None = None
    webhooks: dict[Name, Webhook] = field(default_factory=dict)
    most_waiting: Annotated[int, Meta(ge=1, le=10_000_000)] = 100_000


def read_config(path: str, notes: list[str]) -> tuple[Config, list[Source]]:
    """The file and its sources; ${NAME} in passwords and addresses is replaced; paths are relative to its folder.

    Raises:
        ConfigError: not TOML, or another key or value than expected; quotes no value that may be secret.
        SourceError: a source cannot be read.
        OSError: the file cannot be read.
    """
    tables = read_toml(path)
    listed = tables.pop("sources", {})
    if not isinstance(listed, dict) or len(listed) > MOST_SOURCES:
        raise ConfigError(f"{path}: expected at most {MOST_SOURCES} tables [sources.NAME]")
    sources = sources_in(path, listed, notes) if listed else []
    if any(source.kind == "pipe" for source in sources):
        raise ConfigError(f"{path}: standard input is no source of a service, expected a camera, a stream or files")
    if len(sources) > MOST_SOURCES:
        raise ConfigError(f"{path}: {len(sources)} sources, expected at most {MOST_SOURCES}")
    try:
        config = msgspec.convert(tables, Config)
    except msgspec.ValidationError as error:  # names the key and the kind, never the value
        raise ConfigError(f"{path}: {error}") from None
    try:
        _check_names(config, sources)
        return _checked(config, Path(path).parent), sources
    except (ConfigError, SourceError) as error:
        raise ConfigError(f"{path}: {error}") from None


def is_of(wanted: str, label: str) -> bool:
    """Whether the source that is called `label` is the one that a rule names, or one of the files of its table."""
    return label == wanted or label.startswith(f"{wanted}/")


def _check_names(config: Config, sources: list[Source]) -> None:
    labels = [source.label for source in sources]
    if twice := next((label for label in labels if labels.count(label) > 1), None):
        raise ConfigError(f"two sources are called {shorten(twice)}, expected a name of its own for each")
    for name, rule in config.rules.items():
        if rule.source and not any(is_of(rule.source, label) for label in labels):
            names = f"one of {', '.join(map(shorten, labels))}" if labels else "a table [sources.NAME] for it"
            wrong = f"rules.{name}.source is {shorten(rule.source)}"
            raise ConfigError(f"{wrong}, which is no source of this file: expected {names}")


def _checked(config: Config, folder: Path) -> Config:
    server = config.server
    if server.token_hash and not _HASH.fullmatch(server.token_hash):
        raise ConfigError("server.token_hash is no hash, expected the line that shipedge serve --new-token prints")
    if not server.is_local and not server.token_hash:
        raise ConfigError(
            f"server.listen is {server.listen}, which other machines reach: expected server.token_hash beside it "
            "(shipedge serve --new-token makes one), and TLS in front, see docs/guides/serve.md"
        )
    _ = config.keep.bytes
    for name, rule in config.rules.items():
        _check_rule(f"rules.{name}", rule)
    mqtt = None if config.mqtt is None else _with_password(config.mqtt, "mqtt", folder)
    hooks = {name: _with_password(hook, f"webhooks.{name}", folder) for name, hook in config.webhooks.items()}
    for name, hook in hooks.items():
        if not hook.url.startswith(("http://", "https://")):
            raise ConfigError(f"webhooks.{name}.url is no address, expected http:// or https://")
    bundle = str(folder / config.models.bundle) if config.models.bundle else ""
    models = msgspec.structs.replace(config.models, bundle=bundle)
    return msgspec.structs.replace(config, data=str(folder / config.data), models=models, mqtt=mqtt, webhooks=hooks)


def _with_password(output: _Output, where: str, folder: Path) -> _Output:
    if output.password and output.password_file:
        raise ConfigError(f"{where}: password and password_file, expected one of them")
    password = expand(output.password, where)
    if output.password_file:
        password = read_secret(folder / output.password_file, where)
    changed = msgspec.structs.replace(output, password=password, password_file="")
    return msgspec.structs.replace(changed, url=expand(changed.url, where)) if isinstance(changed, Webhook) else changed


def _check_rule(where: str, rule: Rule) -> None:
    needed = {"enter": "zone", "count": "over", "gap": "longer_s"}.get(rule.when)
    for key, value in (("zone", rule.zone or None), ("over", rule.over), ("longer_s", rule.longer_s)):
        if key == needed and value is None:
            raise ConfigError(f"{where}: {key} is missing")
        if key != needed and value is not None:
            raise ConfigError(f'{where}: {key} is for another rule than when = "{rule.when}"')
    points = [number for point in rule.zone for number in point]
    if rule.when == "enter" and (len(rule.zone) < 3 or not all(map(math.isfinite, points))):
        raise ConfigError(f"{where}: zone has {len(rule.zone)} points, expected at least three [x, y]")
