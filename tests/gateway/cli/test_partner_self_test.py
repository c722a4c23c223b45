"""`partner self-test`: a line for each step, a verdict, who must act, and one object for programs."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gateway.cli.demo.as2_partner import As2Partner
from gateway.cli.demo.partner_files import PartnerFiles
from gateway.cli.main import main

Ran = tuple[int, str, str]
Run = Callable[..., Ran]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[str]:
    """An address that answers, in the place of our API."""
    (tmp_path / "web").mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "web")))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def werra(tmp_path: Path) -> Iterator[As2Partner]:
    files = PartnerFiles(tmp_path / "partners", tmp_path / "partner-keys", tmp_path / "theirs")
    files.write("http://127.0.0.1:1/as2")
    with As2Partner(files.werra(), ("127.0.0.1", 0)) as listening:
        files.write(listening.url)
        yield listening


@pytest.fixture
def run(
    tmp_path: Path, werra: As2Partner, ours: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GATEWAY_PARTNERS", str(tmp_path / "partners"))
    monkeypatch.setenv("GATEWAY_PARTNER_KEYS", str(tmp_path / "partner-keys"))
    monkeypatch.setenv("GATEWAY_PUBLIC_URL", ours)

    def running(*words: str) -> Ran:
        status = main(["partner", "self-test", *words])
        told = capsys.readouterr()
        assert "Traceback" not in told.out + told.err
        return status, told.out, told.err

    return running


def test_each_step_is_a_line_with_its_time_and_the_last_is_the_verdict(run: Run, ours: str) -> None:
    status, out, err = run("werra", "--send")
    assert (status, err) == (0, "")
    *lines, verdict = out.splitlines()
    assert verdict == "werra passes: 8 steps"
    assert all(re.match(r" *\d+\.\d{3} s  passed {7}", line) for line in lines), lines
    assert lines[0].endswith(f"as2 from them: connection: {ours}/as2 answers")
    assert run("werra")[1].splitlines()[-1] == "werra passes: 7 steps, 1 not tried"


def test_a_failure_says_who_must_act(run: Run, tmp_path: Path) -> None:
    (tmp_path / "partner-keys" / "bergmann.key").unlink()
    status, out, _ = run("werra")
    assert status == 1
    (line,) = [line for line in out.splitlines() if "FAILED" in line]
    assert line.endswith("bergmann.key: cannot be read: no such file or directory [we must act]")
    assert len([line for line in out.splitlines() if "not reached" in line]) == 2
    assert out.splitlines()[-1] == "werra fails: 1 of 8 steps; we must act"


def test_what_is_theirs_to_mend_is_told_so(run: Run, tmp_path: Path, werra: As2Partner) -> None:
    path = tmp_path / "partners" / "profiles" / "werra.yaml"
    path.write_text(path.read_text().replace(werra.url, "http://127.0.0.1:1/as2"))
    status, out, _ = run("werra")
    assert status == 1
    assert out.splitlines()[-1] == "werra fails: 1 of 8 steps; the partner must act"


def test_programs_get_one_object(run: Run) -> None:
    status, out, err = run("werra", "--json")
    told = json.loads(out)
    assert (status, err, told["ok"], told["partner"]) == (0, "", True, "werra")
    assert {tuple(step) for step in told["steps"]} == {("way", "step", "verdict", "text", "acts", "seconds")}


def test_who_is_not_there_is_told_with_those_who_are(run: Run) -> None:
    text = "there is no partner `werrra`; there are: aurora, kiesel, monteverde, nordlicht, stahlhof, tannhaus, werra"
    assert run("werrra") == (2, "", f"{text}\n")
    assert json.loads(run("werrra", "--json")[1])["problems"][0]["text"] == text
