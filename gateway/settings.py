"""The settings of operators: `GATEWAY_*` in the environment, read once; every problem is reported together.

Secrets are files, named here by their paths. docs/reference/settings.md describes each.
"""

import re
from collections.abc import Callable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from msgspec import Struct

from gateway.identity.issuers import Issuer, IssuerKind, problems_of

PREFIX = "GATEWAY_"
_HOST_AND_PORT = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?")
PACKAGED = Path(__file__).resolve().parent.parent

Environment = Literal["development", "production"]


class BadSettings(Exception):  # noqa: N818 - a refusal, not a defect
    """Holds every problem, one sentence a line."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Settings(Struct, frozen=True, kw_only=True):
    """Defaults are for development on one machine. Sizes are bytes, times are seconds."""

    environment: Environment = "development"
    state: Path = Path(".gateway")
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = "http://127.0.0.1:8080"
    database_url: str | None = None
    database_connections: int = 8
    counters_url: str | None = None
    policies: Path = PACKAGED / "policies" / "rules"
    policies_candidate: Path | None = None
    policy_signers: Path | None = None
    partners: Path = PACKAGED / "partners"
    partner_keys: Path = Path(".gateway/partner-keys")
    keys: Path = Path(".gateway/keys")
    checkpoint_file: Path | None = None
    partner_issuers: tuple[str, ...] = ()
    plant_issuers: tuple[str, ...] = ()
    corporate_issuers: tuple[str, ...] = ()
    audience: str = "partner-gateway"
    keycloak_url: str | None = None
    keycloak_client: str = "partner-onboarding"
    keycloak_secret_file: Path | None = None
    keycloak_authorities: Path | None = None
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    metrics_networks: tuple[IPv4Network | IPv6Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    egress_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    egress_authorities: Path | None = None
    max_body: int = 10 * 1024 * 1024
    header_seconds: int = 10
    body_seconds: int = 30
    total_seconds: int = 60
    sftp_host: str = "127.0.0.1"
    sftp_port: int = 8022
    sftp_address: str | None = None
    sftp_host_keys: Path = Path(".gateway/sftp-host-keys")
    sftp_spool: Path = Path(".gateway/sftp-spool")
    sftp_connections: int = 500
    sftp_metrics_port: int = 0
    odoo_url: str | None = None
    odoo_database: str = "odoo"
    odoo_api_key_file: Path | None = None
    odoo_rate: float = 5.0
    recording: tuple[str, ...] = ()
    worker_metrics_port: int = 0
    gateways: int = 1
    log_level: str = "info"

    @property
    def is_development(self) -> bool:
        return self.environment == "development"

    @property
    def public_host(self) -> str:
        """The name in the public address."""
        return urlsplit(self.public_url).hostname or "localhost"

    @property
    def sftp_public(self) -> tuple[str, int]:
        """Host and port at which partners reach the SFTP server."""
        if self.sftp_address is None:
            return self.public_host, self.sftp_port
        parts = urlsplit(f"//{self.sftp_address}")
        return parts.hostname or "", parts.port or 22

    @property
    def partner_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Where servers of partners may be beside the public internet."""
        loopback = (ip_network("127.0.0.0/8"), ip_network("::1/128")) if self.is_development else ()
        return (*self.egress_networks, *loopback)

    def issuers(self) -> list[Issuer]:
        """Keycloak's conventions: the keys of realm `iss` lie at `iss/protocol/openid-connect/certs`."""
        named: list[tuple[IssuerKind, tuple[str, ...]]] = [
            ("partner", self.partner_issuers),
            ("plant", self.plant_issuers),
            ("corporate", self.corporate_issuers),
        ]
        return [
            Issuer(iss=iss, kind=kind, jwks_uri=f"{iss}/protocol/openid-connect/certs", audience=self.audience)
            for kind, issuers in named
            for iss in issuers
        ]

    def token_addresses(self) -> dict[IssuerKind, tuple[str, ...]]:
        """Where each kind of caller fetches tokens, by the same conventions."""
        address = "{}/protocol/openid-connect/token"
        named: dict[IssuerKind, tuple[str, ...]] = {"partner": self.partner_issuers, "plant": self.plant_issuers}
        return {kind: tuple(address.format(iss) for iss in issuers) for kind, issuers in named.items()}


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Raises BadSettings with everything that is wrong: unknown names, wrong values, and what production misses."""
    problems: list[str] = []
    values: dict[str, Any] = {}
    for name, text in sorted(environment.items()):
        if not name.startswith(PREFIX):
            continue
        field = name.removeprefix(PREFIX).lower()
        if field not in _READERS:
            problems.append(f"`{name}` is no setting; docs/reference/settings.md lists them")
            continue
        try:
            values[field] = _READERS[field](text)
        except ValueError as error:
            problems.append(f"{name}: `{text}` {error}")
    settings = Settings(**values)
    problems += problems_of(settings.issuers(), development=settings.is_development)
    problems += _missing(settings)
    if problems:
        raise BadSettings(problems)
    return settings


def _missing(settings: Settings) -> list[str]:
    """What production must say itself; and what belongs together anywhere."""
    problems = []
    if not settings.is_development:
        needed = ("database_url", "counters_url", "checkpoint_file")
        problems += [f"production needs {PREFIX}{name.upper()}" for name in needed if getattr(settings, name) is None]
        if not settings.issuers():
            problems.append("production needs at least one issuer, e.g. GATEWAY_PARTNER_ISSUERS")
        if not settings.public_url.startswith("https://"):
            problems.append("GATEWAY_PUBLIC_URL: production is reached over https")
        if settings.recording:
            problems.append("GATEWAY_RECORDING: the recording stand-in is for development")
    if settings.odoo_url is not None and settings.odoo_api_key_file is None:
        problems.append("GATEWAY_ODOO_URL needs GATEWAY_ODOO_API_KEY_FILE")
    return problems


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"is none of {', '.join(choices)}")
        return text

    return read


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise ValueError(f"is no whole number from {least} to {most}")
        return int(text)

    return read


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 100_000:
        raise ValueError("is no number above 0")
    return value


def _folder(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise ValueError("is no folder here")
    return path


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise ValueError("is no file here")
    return path


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.replace(",", " ").split() if word)


def _addresses(text: str) -> tuple[str, ...]:
    return tuple(word.rstrip("/") for word in _words(text))


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(word) for word in _words(text))
    except ValueError as error:
        raise ValueError("names a network that is none; write 10.0.0.0/8") from error


def _host_and_port(text: str) -> str:
    match = _HOST_AND_PORT.fullmatch(text)
    if match is None or not 1 <= int(match["port"] or 22) <= 65535:
        raise ValueError("is no host, and no host with a port; write sftp.example.com:22")
    return text


def _url(*schemes: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not text.startswith(tuple(f"{scheme}://" for scheme in schemes)):
            raise ValueError(f"does not begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
        return text.rstrip("/")

    return read


_READERS: dict[str, Callable[[str], Any]] = {
    "environment": _one_of("development", "production"),
    "state": Path,
    "host": str,
    "port": _whole(1, 65535),
    "public_url": _url("https", "http"),
    "database_url": _url("postgresql", "postgres"),
    "database_connections": _whole(2, 200),
    "counters_url": _url("redis", "rediss", "unix"),
    "policies": Path,  # may be away: a gateway then starts on the rules it has kept
    "policies_candidate": Path,
    "policy_signers": _file,
    "partners": _folder,
    "partner_keys": Path,
    "keys": Path,
    "checkpoint_file": Path,
    "partner_issuers": _addresses,
    "plant_issuers": _addresses,
    "corporate_issuers": _addresses,
    "audience": str,
    "keycloak_url": _url("https", "http"),
    "keycloak_client": str,
    "keycloak_secret_file": _file,
    "keycloak_authorities": _file,
    "trusted_proxies": _networks,
    "metrics_networks": _networks,
    "egress_networks": _networks,
    "egress_authorities": _file,
    "max_body": _whole(1024, 1024**3),
    "header_seconds": _whole(1, 300),
    "body_seconds": _whole(1, 3600),
    "total_seconds": _whole(1, 3600),
    "sftp_host": str,
    "sftp_port": _whole(1, 65535),
    "sftp_address": _host_and_port,
    "sftp_host_keys": Path,
    "sftp_spool": Path,
    "sftp_connections": _whole(1, 10_000),
    "sftp_metrics_port": _whole(0, 65535),
    "odoo_url": _url("https", "http"),
    "odoo_database": str,
    "odoo_api_key_file": _file,
    "odoo_rate": _positive,
    "recording": _words,
    "worker_metrics_port": _whole(0, 65535),
    "gateways": _whole(1, 1000),
    "log_level": _one_of("debug", "info", "warning", "error"),
}
