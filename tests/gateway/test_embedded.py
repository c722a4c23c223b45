"""The embedded servers: a port that somebody else was quicker to take stops nothing."""

import socket
from pathlib import Path

import pytest
import redis

from gateway import embedded
from gateway.embedded import EmbeddedRefused, embedded_valkey


def test_a_port_that_was_taken_meanwhile_is_no_reason_to_give_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports = iter([taken.getsockname()[1], embedded._free_port()])
        monkeypatch.setattr(embedded, "_free_port", lambda: next(ports))
        with embedded_valkey(tmp_path, environment="development") as url:
            assert str(taken.getsockname()[1]) not in url
            assert redis.Redis.from_url(url).ping()


def test_when_every_port_is_taken_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setattr(embedded, "_free_port", lambda: taken.getsockname()[1])
        with (
            pytest.raises(OSError, match="already in use"),
            embedded_valkey(tmp_path, environment="development"),
        ):
            pass


def test_production_has_servers_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedRefused), embedded_valkey(tmp_path, environment="production"):
        pass
