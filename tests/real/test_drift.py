"""A real Keycloak held against the profiles: everything that is not as agreed is found, and nothing else."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from support.certificates import certificate, key, pem

from gateway.cli.main import main
from partners.directory import load
from partners.onboarding.drifting import Drift, Finding, Patience
from tests.real.keycloak_server import Keycloak
from tests.real.onboarding_house import House
from tests.real.onboarding_realm import Onboarded, now, prepare

pytestmark = [pytest.mark.real, pytest.mark.timeout(240), pytest.mark.xdist_group("keycloak")]


@pytest.fixture(scope="module")
def onboarded(server: Keycloak, tmp_path_factory: pytest.TempPathFactory) -> Onboarded:
    """A realm that a partner was brought into before: what all of them share is there, whichever test comes first."""
    realm = prepare(server, "drifting")
    House(realm, tmp_path_factory.mktemp("before") / "partners").profile("before").bring("before")
    return realm


@pytest.fixture
def house(onboarded: Onboarded, tmp_path: Path) -> House:
    return House(onboarded, tmp_path / "partners")


def found(house: House, partner: str | None, at: datetime | None = None) -> list[Finding]:
    directory = load(house.folder)
    drift = Drift(house.onboarded.open(), directory, "partner-gateway", at or now(), Patience())
    return drift.of_everyone() if partner is None else drift.of(directory.partners[partner])


def texts(findings: list[Finding]) -> list[tuple[str, str | None, str]]:
    return [(one.kind, one.client, one.text) for one in findings]


def test_a_partner_as_onboarded_has_no_finding(house: House) -> None:
    house.profile("calm").bring("calm")
    assert found(house, "calm") == []


def test_a_client_that_is_missing_is_one_finding(house: House) -> None:
    house.profile("absent")
    assert texts(found(house, "absent")) == [
        ("missing", "absent-orders", "it is not there; `partner onboard absent --apply` makes it")
    ]


def test_what_was_changed_by_hand_is_told_as_onboarding_would_mend_it(house: House) -> None:
    house.profile("handled").bring("handled")
    admin = house.onboarded.admin
    own = admin.get_client_id("handled-orders")
    admin.update_client(own, admin.get_client(own) | {"directAccessGrantsEnabled": True, "enabled": False})
    name = "as agreed it would be: ~ client `handled-orders`:"
    assert sorted(texts(found(house, "handled"))) == [
        ("differs", "handled-orders", f"{name} direct access grants: on -> off"),
        ("differs", "handled-orders", f"{name} enabled: off -> on"),
    ]


def test_a_secret_where_a_key_is_agreed_is_told(house: House) -> None:
    house.profile("slack").bring("slack")
    house.certificate("slack.pem", pem(certificate("slack", of=key(256, "slack"))))
    house.profile("slack", authentication="private_key_jwt",
                  certificates="{use: [client-assertion], file: slack.pem}")  # fmt: skip
    told = [one.text for one in found(house, "slack")]
    assert "as agreed it would be: ~ client `slack-orders`: proves itself by: a secret -> private_key_jwt" in told


def test_an_old_secret_and_a_client_that_nobody_uses_are_told(house: House) -> None:
    house.profile("dusty").bring("dusty")
    later = now() + timedelta(days=200, hours=1)
    assert texts(found(house, "dusty", later)) == [
        ("stale", "dusty-orders", "its secret is 200 days old, 180 are allowed; `partner onboard dusty --new-secret "
                                  "--apply` makes another"),
        ("unseen", "dusty-orders", "Keycloak keeps no logins for 90 days, so whether it is used cannot be said; its "
                                   "administrator can keep user events for longer"),
    ]  # fmt: skip
    admin = house.onboarded.admin
    admin.set_events({"eventsEnabled": True, "eventsExpiration": 0, "enabledEventTypes": ["CLIENT_LOGIN"]})
    try:
        assert (
            "unused",
            "dusty-orders",
            "it logged in never; if nobody needs it, take it out of the profile",
        ) in texts(found(house, "dusty", later))
        secret = next((house.folder / "secrets").glob("dusty-orders*")).read_text().strip()
        house.onboarded.claims(client_id="dusty-orders", client_secret=secret)
        assert "unused" not in {one.kind for one in found(house, "dusty", now() + timedelta(days=89))}
        told = [one.text for one in found(house, "dusty", later) if one.kind == "unused"]
        assert told == [f"it logged in last on {now():%Y-%m-%d}; if nobody needs it, take it out of the profile"]
    finally:
        admin.set_events({"eventsEnabled": False})


def test_a_certificate_that_ends_and_one_that_has_ended_are_told(house: House) -> None:
    ends = now() + timedelta(days=20, hours=1)
    house.certificate("ending.pem", pem(certificate("ending", of=key(256, "ending"), ends=ends)))
    house.profile("ending", authentication="private_key_jwt",
                  certificates="{use: [client-assertion], file: ending.pem}").bring("ending")  # fmt: skip
    at = f"{ends:%Y-%m-%d %H:%M}"
    assert texts(found(house, "ending")) == [
        ("expiring", None, f"its last certificate with the use `client-assertion` ends in 20 days, at {at} UTC")
    ]
    assert texts(found(house, "ending", now() + timedelta(days=21))) == [
        ("expiring", None, "no certificate of `ending` with the use `client-assertion` is valid today; ask the partner "
                           "for its new one and add it to the profile")
    ]  # fmt: skip


def test_a_weak_key_that_somebody_put_into_keycloak_is_told(house: House) -> None:
    house.profile("feeble").bring("feeble")
    admin = house.onboarded.admin
    own = admin.get_client_id("feeble-orders")
    representation = admin.get_client(own)
    modulus = "AQAB" + "A" * 167
    representation["attributes"]["jwks.string"] = json.dumps({"keys": [{"kty": "RSA", "kid": "k", "n": modulus}]})
    admin.update_client(own, representation)
    (weak,) = [one for one in found(house, "feeble") if one.kind == "weak"]
    assert weak.text == "its key `k` has 1017 bits; 2048 are needed"


def test_who_stands_in_no_profile_is_found_with_what_is_open(house: House) -> None:
    house.onboarded.admin.create_client(
        {"clientId": "left-by-somebody", "enabled": True, "directAccessGrantsEnabled": True, "redirectUris": ["https://*"],
         "fullScopeAllowed": True}
    )  # fmt: skip
    house.onboarded.admin.create_client({"clientId": "left-asleep", "enabled": False})
    house.profile("quiet").bring("quiet")
    told = [one for one in found(house, None) if one.client in ("left-by-somebody", "left-asleep")]
    assert {one.partner for one in told} == {None}
    assert texts(told) == [
        ("stranger", "left-by-somebody", "it is enabled and no profile names it"),
        ("open", "left-by-somebody", "direct access grants are on, so it may send passwords of people"),
        ("open", "left-by-somebody", "full scope is on, so its tokens carry every role it has"),
        ("open", "left-by-somebody", "it redirects to any address like `https://*`"),
    ]


def test_a_profile_that_says_nothing_of_logins_is_told(house: House) -> None:
    house.profile("mute")
    path = house.folder / "profiles" / "mute.yaml"
    path.write_text(path.read_text().replace("oauth:\n  authentication: secret\n  roles: [orders.send]\n", ""))
    assert texts(found(house, "mute")) == [
        ("silent", None, "its profile does not say how its clients prove themselves; add `oauth`")
    ]


def test_the_command_says_so_with_its_exit_status(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("GATEWAY_REAL", "GATEWAY_REAL_CACHE"):  # of this lane, and no settings
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "secret").write_text(house.onboarded.access.secret)
    monkeypatch.setenv("GATEWAY_PARTNERS", str(house.folder))
    monkeypatch.setenv("GATEWAY_PARTNER_ISSUERS", house.onboarded.issuer)
    monkeypatch.setenv("GATEWAY_KEYCLOAK_SECRET_FILE", str(tmp_path / "secret"))
    house.profile("asked")
    assert main(["partner", "drift", "asked"]) == 1
    assert capsys.readouterr().out == (
        "asked: client `asked-orders`: it is not there; `partner onboard asked --apply` makes it [missing]\n"
        f"1 finding at {house.onboarded.issuer}\n"
    )
    house.bring("asked")
    assert main(["partner", "drift", "asked"]) == 0
    assert capsys.readouterr().out == f"{house.onboarded.issuer} is as agreed\n"
    assert main(["partner", "drift", "asked", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"ok": True, "findings": []}
    assert main(["partner", "drift", "nobody"]) == 2
