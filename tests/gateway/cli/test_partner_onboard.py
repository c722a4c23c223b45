"""`partner-gateway partner onboard` where it cannot even begin: who must act. tests/real carries it out."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support.serving import write_profiles

from gateway.cli.main import main

Ran = tuple[int, str, str]
Run = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)

    def running(*words: str, **settings: str) -> Ran:
        for name, value in settings.items():
            monkeypatch.setenv(f"GATEWAY_{name.upper()}", value)
        status = main(["partner", *words])
        told = capsys.readouterr()
        assert "Traceback" not in told.out + told.err
        return status, told.out, told.err

    return running


@pytest.fixture
def secret(tmp_path: Path) -> str:
    (tmp_path / "secret").write_text("a-secret-that-nobody-prints\n")
    return str(tmp_path / "secret")


def as_object(status: int, out: str, err: str) -> list[str]:
    """The sentences of an answer to `--json`: one object, and nothing beside it."""
    told = json.loads(out)
    assert (status, err) == (2, "")
    texts = [one["text"] for one in told["problems"]]
    place = {"file": ".", "line": 0, "column": 0}
    assert told == {"ok": False, "problems": [{**place, "text": one} for one in texts]}
    return texts


@pytest.mark.parametrize("verb", ["onboard", "drift"])
def test_what_is_missing_is_told_all_at_once(run: Run, verb: str) -> None:
    missing = [
        "onboarding needs GATEWAY_PARTNER_ISSUERS: the realm that the partners' clients are in",
        "onboarding needs GATEWAY_KEYCLOAK_SECRET_FILE: the secret of the service account `partner-onboarding`; "
        "docs/onboarding.md says how its administrator makes one",
    ]
    assert run(verb, "aurora") == (2, "", "".join(f"{one}\n" for one in missing))
    assert as_object(*run(verb, "aurora", "--json")) == missing


@pytest.mark.parametrize("verb", ["onboard", "drift"])
def test_a_profile_with_a_mistake_is_told_with_its_place(run: Run, secret: str, tmp_path: Path, verb: str) -> None:
    write_profiles(tmp_path / "partners")
    path = tmp_path / "partners" / "profiles" / "aurora.yaml"
    path.write_text(path.read_text().replace("state: active", "state: asleep"))
    status, out, err = run(verb, "aurora", "--json", partners=str(tmp_path / "partners"), keycloak_secret_file=secret)
    (problem,) = json.loads(out).pop("problems")
    assert (status, err, problem["file"], problem["line"]) == (2, "", str(path), 5)
    assert problem["text"] == "`asleep` is not known here; use `active`, `suspended` or `testing`"


def test_an_issuer_that_is_no_realm_is_told(run: Run, secret: str) -> None:
    status, _, told = run("onboard", "aurora", partner_issuers="https://id.example.com", keycloak_secret_file=secret)
    assert (status, told) == (
        2,
        "GATEWAY_PARTNER_ISSUERS: `https://id.example.com` names no realm of Keycloak; write https://…/realms/NAME\n",
    )


def test_a_secret_is_never_sent_in_clear(run: Run, secret: str) -> None:
    issuers = "https://id.example.com/realms/partners"
    status, _, told = run("onboard", "aurora", partner_issuers=issuers, keycloak_secret_file=secret,
                          keycloak_url="http://id-admin.example.com")  # fmt: skip
    assert (status, told) == (
        2,
        "GATEWAY_KEYCLOAK_URL: `http://id-admin.example.com` would be told a secret in clear; use https\n",
    )


def test_a_file_without_a_secret_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    status, _, told = run("onboard", "aurora", partner_issuers="https://id.example.com/realms/partners",
                          keycloak_secret_file=str(tmp_path / "empty"))  # fmt: skip
    assert (status, told) == (2, f"{tmp_path / 'empty'}: holds no secret\n")


@pytest.mark.parametrize("verb", ["onboard", "drift"])
def test_an_unknown_profile_is_told_with_those_there_are(run: Run, secret: str, verb: str) -> None:
    named = {"partner_issuers": "http://127.0.0.1:1/realms/partners", "keycloak_secret_file": secret}
    text = "there is no partner `auroar`; there are: aurora, kiesel, monteverde, nordlicht, stahlhof"
    assert run(verb, "auroar", **named) == (2, "", f"{text}\n")
    assert run(verb, "partners/profiles/auroar.yaml", **named) == (2, "", f"{text}\n")
    assert as_object(*run(verb, "auroar", "--json", **named)) == [text]


@pytest.mark.parametrize("verb", ["onboard", "drift"])
def test_a_keycloak_that_does_not_answer_is_told(run: Run, secret: str, verb: str) -> None:
    named = {"partner_issuers": "http://127.0.0.1:1/realms/partners", "keycloak_secret_file": secret}
    text = (
        "Keycloak at http://127.0.0.1:1 does not answer; see that it runs and that GATEWAY_KEYCLOAK_URL is its address"
    )
    assert run(verb, "aurora", **named) == (2, "", f"{text}\n")
    assert as_object(*run(verb, "aurora", "--json", **named)) == [text]


def test_a_profile_may_be_named_by_its_file(run: Run, secret: str) -> None:
    _, _, told = run("onboard", "partners/profiles/aurora.yaml", partner_issuers="http://127.0.0.1:1/realms/partners",
                     keycloak_secret_file=secret)  # fmt: skip
    assert "does not answer" in told
