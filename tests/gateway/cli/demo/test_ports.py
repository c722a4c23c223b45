"""Ports of the demo: the usual ones where they are free, and nobody else's while the demo runs."""

import socket
import subprocess
import sys

import pytest

from gateway.cli.demo.ports import HOST, Reserved, reserve


def test_the_usual_port_is_taken_where_it_is_free_and_another_where_not() -> None:
    with reserve(0) as first:
        usual = first.port
        with reserve(usual) as second:
            assert second.port != usual
    with reserve(usual) as again:
        assert again.port == usual


def test_a_port_that_is_left_to_a_program_is_nobody_elses_meanwhile() -> None:
    with reserve(0) as reserved:
        reserved.leave_to_listen()
        where = (HOST, reserved.port)
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(where)
        with pytest.raises(BlockingIOError):  # which a program that reuses addresses could have
            Reserved(reserved.port)
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(where)
            server.listen()
            with socket.create_connection(where):
                pass


def test_a_demo_in_another_process_takes_another_port() -> None:
    asks = "import sys; from gateway.cli.demo.ports import reserve; print(reserve(int(sys.argv[1])).port)"
    with reserve(0) as reserved:
        reserved.leave_to_listen()
        command = [sys.executable, "-c", asks, str(reserved.port)]
        other = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert other != reserved.port
    assert int(subprocess.run(command, check=True, capture_output=True, text=True).stdout) == reserved.port
