"""`partner check` and the secrets of webhooks: one broken file for each mistake, with the exact sentence."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support.serving import write_profiles

from gateway.channels.webhooks.signing import new_secret
from gateway.cli.main import main

Ran = tuple[int, str, str]
Run = Callable[..., Ran]
LINE = "webhook: {url: https://hooks.aurora.example/in, secrets: [first, second]}\n"


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    write_profiles(tmp_path / "partners")
    profile = tmp_path / "partners" / "profiles" / "aurora.yaml"
    profile.write_text(profile.read_text() + LINE)
    folder = tmp_path / "keys"
    folder.mkdir()
    for name, asymmetric in (("first", False), ("second", True)):
        (folder / name).write_text(new_secret(asymmetric=asymmetric) + "\n")
        (folder / name).chmod(0o600)
    return folder


@pytest.fixture
def run(tmp_path: Path, keys: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def running(*words: str) -> Ran:
        named = ("--partners", str(tmp_path / "partners"), "--keys", str(keys))
        status = main(["partner", "check", "--at", "2026-12-01", *named, *words])
        told = capsys.readouterr()
        return status, told.out, told.err

    return running


def test_secrets_that_are_in_order_are_not_spoken_of(run: Run, keys: Path) -> None:
    assert "webhook" not in run()[1]
    (keys / "first").chmod(0o640)
    assert run("--strict")[0] == 0, "a group may read it: so secrets are mounted"


def _gone(path: Path) -> None:
    path.unlink()


def _writes(text: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_text(text)

    return write


def _a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _mode(mode: int) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        path.chmod(mode)

    return change


@pytest.mark.parametrize(
    ("name", "breaks", "told"),
    [
        ("first", _gone, "cannot be read: no such file or directory"),
        ("second", _gone, "cannot be read: no such file or directory"),
        ("first", _a_folder, "cannot be read: is a directory"),
        ("first", _writes(""), "it is empty; `partner-gateway webhook secret` makes one under a new name"),
        ("first", _writes(" \n\n"), "it is empty; `partner-gateway webhook secret` makes one under a new name"),
        ("first", _writes("sec_MDEyMzQ1"), "it begins neither with `whsec_` nor with `whsk_`"),
        ("first", _writes("whsec_not base64"), "what follows `whsec_` is no base64"),
        ("first", _writes("whsec_MDEyMzQ1"), "a shared secret has 24 to 64 bytes, this one has 6"),
        ("first", _writes("whsk_MDEyMzQ1"),
         "an Ed25519 key has 32 bytes, or 64 with its public half; this one has 6"),
        ("first", _writes("whsk_" + "QUJD" * 21 + "QQ=="), "the public half does not belong to the private one"),
        ("first", _writes("whsec_" + "A" * 2000), "it is too long for a secret"),
        ("first", _mode(0o644), "others can read it; chmod o-rwx, and change the secret"),
        ("second", _mode(0o602), "others can read it; chmod o-rwx, and change the secret"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place_and_its_file(
    run: Run, keys: Path, tmp_path: Path, name: str, breaks: Callable[[Path], None], told: str
) -> None:
    breaks(keys / name)
    profile = tmp_path / "partners" / "profiles" / "aurora.yaml"
    line = profile.read_text().splitlines().index(LINE.strip()) + 1
    sentence = f"{profile}:{line}:{LINE.index(name) + 1}: {keys / name}: {told} [secret]"
    status, out, err = run()
    assert (status, err) == (0, "")
    assert out.splitlines()[0] == sentence
    assert run("--strict")[0] == 1
    (warned,) = json.loads(run("--json")[1])["warnings"]
    assert (warned["kind"], warned["text"]) == ("secret", f"{keys / name}: {told}")


def test_without_a_folder_of_keys_secrets_are_not_looked_for(
    tmp_path: Path, keys: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GATEWAY_PARTNER_KEYS", raising=False)
    (keys / "first").unlink()
    assert main(["partner", "check", "--at", "2026-12-01", "--partners", str(tmp_path / "partners")]) == 0
    assert "secret" not in capsys.readouterr().out
