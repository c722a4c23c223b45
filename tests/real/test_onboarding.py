"""Partners brought into a real Keycloak: what a partner then gets by its key, its certificate or its secret."""

import asyncio
import json
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from support.certificates import certificate, key, pem

from gateway.cli.main import main
from gateway.cli.serve import with_embedded
from gateway.identity.certificates import thumbprint_of_certificate
from gateway.ledger.database import open_pool
from partners.onboarding.keysets import key_id
from partners.onboarding.plans import carry_out, secret_file
from partners.onboarding.wanted import CannotOnboard
from tests.real.keycloak_server import Keycloak
from tests.real.onboarding_house import House
from tests.real.onboarding_realm import (
    CLIENT,
    Onboarded,
    assertion,
    give_roles,
    pem_certificate,
    prepare,
    read_claims,
)

pytestmark = [pytest.mark.real, pytest.mark.timeout(240), pytest.mark.xdist_group("keycloak")]


@pytest.fixture(scope="module")
def onboarded(server: Keycloak) -> Onboarded:
    return prepare(server, "onboarded")


@pytest.fixture
def house(onboarded: Onboarded, tmp_path: Path) -> House:
    return House(onboarded, tmp_path / "partners")


def test_a_partner_with_a_key_gets_a_token_for_us_and_the_second_run_finds_nothing_to_do(house: House) -> None:
    own = certificate("keyed", of=key(2048, "keyed"))
    house.certificate("keyed.pem", pem(own))
    house.profile("keyed", authentication="private_key_jwt", roles="orders.send, messages.read",
                  certificates="{use: [client-assertion], file: keyed.pem}", more="scopes: [orders]")  # fmt: skip
    told = house.bring("keyed")
    assert f"`{key_id(own)}`" in next(line for line in told if line.startswith("+ client `keyed-orders`"))
    assert house.plan("keyed") == []

    form = assertion("keyed-orders", key(2048, "keyed"), key_id(own), "PS256", house.onboarded.issuer)
    claims = house.onboarded.claims(**form)
    assert claims["aud"] == "partner-gateway"
    assert claims["azp"] == "keyed-orders"
    assert sorted(claims["resource_access"]["partner-gateway"]["roles"]) == ["messages.read", "orders.send"]
    assert set(claims["resource_access"]) == {"partner-gateway"}
    assert "realm_access" not in claims
    assert "orders" in claims["scope"].split()
    assert claims["sub"]

    stolen = assertion("keyed-orders", key(2048, "thief"), key_id(own), "PS256", house.onboarded.issuer)
    assert house.onboarded.ask(house.onboarded.token_address, stolen).status_code in (400, 401)


def test_a_key_is_changed_with_an_overlap(house: House) -> None:
    old, new = certificate("turned", of=key(2048, "old")), certificate("turned", of=key(256, "new"))
    house.certificate("old.pem", pem(old))
    house.certificate("new.pem", pem(new))
    entries = ["{use: [client-assertion], file: old.pem}", "{use: [client-assertion], file: new.pem}"]
    house.profile("turned", authentication="private_key_jwt", certificates=entries[0]).bring("turned")
    told = house.profile("turned", authentication="private_key_jwt", certificates=", ".join(entries)).bring("turned")
    assert len(told) == 1
    assert "keys: `" in told[0]
    for own, secret, algorithm in ((old, key(2048, "old"), "PS256"), (new, key(256, "new"), "ES256")):
        form = assertion("turned-orders", secret, key_id(own), algorithm, house.onboarded.issuer)
        assert house.onboarded.claims(**form)["azp"] == "turned-orders"
    house.profile("turned", authentication="private_key_jwt", certificates=entries[1]).bring("turned")
    form = assertion("turned-orders", key(2048, "old"), key_id(old), "PS256", house.onboarded.issuer)
    assert house.onboarded.ask(house.onboarded.token_address, form).status_code in (400, 401)
    assert house.plan("turned") == []


def test_a_certificate_logs_in_and_the_token_is_bound_to_it(house: House) -> None:
    server = house.onboarded.server
    house.certificate("tls.pem", (server.certificates / "client.pem").read_bytes())
    house.profile("tied", authentication="mtls", binding="certificate",
                  certificates="{use: [tls-client], file: tls.pem}").bring("tied")  # fmt: skip
    assert house.plan("tied") == []
    address = house.onboarded.token_address.replace(server.url, server.tls_url)
    claims = read_claims(house.onboarded.ask(address, {"client_id": "tied-orders"}, server.tls()))
    assert claims["cnf"]["x5t#S256"] == thumbprint_of_certificate(pem_certificate(server.certificates / "client.pem"))
    without = house.onboarded.ask(address, {"client_id": "tied-orders"}, server.tls(with_certificate=False))
    assert without.status_code in (400, 401)


def test_a_secret_is_written_once_where_only_its_owner_reads_it(house: House) -> None:
    told = house.profile("whispered").bring("whispered")
    path = secret_file(house.folder / "secrets", "whispered-orders")
    assert path.stat().st_mode & 0o777 == 0o600
    secret = path.read_text().strip()
    assert secret not in "".join(told)
    form = {"client_id": "whispered-orders", "client_secret": secret}
    assert house.onboarded.claims(**form)["aud"] == "partner-gateway"
    assert house.plan("whispered") == []

    assert [str(one) for one in house.plan("whispered", new_secret=True)] == [
        "~ client `whispered-orders`: another secret, into a file that only you can read"
    ]
    with pytest.raises(CannotOnboard, match="still holds an earlier secret of `whispered-orders`"):
        house.bring("whispered", new_secret=True)
    assert house.onboarded.claims(**form), "a secret that could not be kept was made"
    path.unlink()
    house.bring("whispered", new_secret=True)
    assert path.read_text().strip() != secret
    assert house.onboarded.ask(house.onboarded.token_address, form).status_code == 401


def test_what_somebody_changed_by_hand_is_put_right_line_by_line(house: House) -> None:
    house.profile("mended").bring("mended")
    admin = house.onboarded.admin
    own = admin.get_client_id("mended-orders")
    now_is = admin.get_client(own) | {
        "directAccessGrantsEnabled": True, "implicitFlowEnabled": True, "redirectUris": ["*"], "fullScopeAllowed": True,
    }  # fmt: skip
    now_is["attributes"]["dpop.bound.access.tokens"] = "true"
    admin.update_client(own, now_is)
    give_roles(admin, own, ("manage-users",))
    admin.add_mapper_to_client(own, {
        "name": "extra", "protocol": "openid-connect", "protocolMapper": "oidc-hardcoded-role-mapper",
        "config": {"role": "realm-management.manage-users"},
    })  # fmt: skip
    admin.remove_client_mapper(own, next(one["id"] for one in admin.get_mappers_from_client(own)
                                         if one["name"] == "gateway-audience"))  # fmt: skip
    admin.add_client_optional_client_scope(own, admin.get_client_scope_by_name("offline_access")["id"], {})
    account = admin.get_client_service_account_user(own)["id"]
    ours = admin.get_client_id("partner-gateway")
    admin.delete_client_roles_of_user(account, ours, [admin.get_client_role(ours, "orders.send")])

    name = "client `mended-orders`"
    assert sorted(house.bring("mended")) == sorted([
        f"~ {name}: implicit flow: on -> off",
        f"~ {name}: direct access grants: on -> off",
        f"~ {name}: full scope: on -> off",
        f"~ {name}: redirect addresses: `*` -> none",
        f"~ {name}: tokens bound to a proof key (DPoP): on -> off",
        f"- {name}: mapper `extra` (oidc-hardcoded-role-mapper)",
        f"+ {name}: mapper `gateway-audience`, which puts `partner-gateway` into `aud`",
        f"- {name}: role `manage-users` of `realm-management`",
        f"+ {name}: role `orders.send` of `partner-gateway`",
        f"- {name}: scope `offline_access`",
    ])  # fmt: skip
    assert house.plan("mended") == []


def test_a_suspended_partner_is_disabled_and_a_client_that_left_the_profile_too(house: House) -> None:
    house.profile("left", client="left-old").bring("left")
    told = house.profile("left", client="left-new").bring("left")
    assert told[-1] == "- client `left-old`: disabled, because the profile of `left` names it no longer"
    assert house.plan("left") == []
    path = house.folder / "profiles" / "left.yaml"
    path.write_text(path.read_text().replace("state: active", "state: suspended"))
    assert house.bring("left") == ["~ client `left-new`: enabled: on -> off"]


def test_a_plan_that_was_stopped_goes_on_where_it_stopped(house: House) -> None:
    plan = house.profile("halved", roles="orders.send, despatch.send").plan("halved")
    steps = carry_out(house.onboarded.open(), plan, house.folder / "secrets")
    done = [str(next(steps)[0]) for _ in range(len(plan) - 2)]
    rest = [str(change) for change in house.plan("halved")]
    assert rest, "nothing was left"
    assert not set(rest) & set(done)


# ---- who must act --------------------------------------------------------------------------------------------------


def test_a_wrong_secret_an_unknown_realm_and_missing_roles_are_told_apart(onboarded: Onboarded) -> None:
    where = f"Keycloak at {onboarded.server.url}"
    for changed, sentence in (
        ({"secret": "another"}, f"{where} does not take the secret of `{CLIENT}`; put the one that its page in realm "
                                "`onboarded` shows into GATEWAY_KEYCLOAK_SECRET_FILE"),
        ({"realm": "nowhere"}, f"{where} has no realm `nowhere`; GATEWAY_PARTNER_ISSUERS names it"),
        ({"url": "http://127.0.0.1:1"}, "Keycloak at http://127.0.0.1:1 does not answer; see that it runs and that "
                                        "GATEWAY_KEYCLOAK_URL is its address"),
        ({"url": onboarded.server.tls_url},
         f"the certificate of {onboarded.server.tls_url.removeprefix('https://')} is not believed; name the file of "
         "its authority in GATEWAY_KEYCLOAK_AUTHORITIES"),
    ):  # fmt: skip
        with pytest.raises(CannotOnboard) as caught:
            onboarded.open(**changed).read("partner-gateway")
        assert str(caught.value) == sentence
    authorities = str(onboarded.server.certificates / "ca.pem")
    assert onboarded.open(url=onboarded.server.tls_url, authorities=authorities).read("partner-gateway").name


def test_an_account_without_rights_is_told_which_it_needs(onboarded: Onboarded) -> None:
    admin = onboarded.admin
    admin.create_client({"clientId": "powerless", "enabled": True, "serviceAccountsEnabled": True,
                         "standardFlowEnabled": False, "secret": "powerless-secret-of-the-test"})  # fmt: skip
    with pytest.raises(CannotOnboard) as caught:
        onboarded.open(client="powerless", secret="powerless-secret-of-the-test").read("partner-gateway")
    assert str(caught.value) == (
        f"Keycloak at {onboarded.server.url} does not let `powerless` read its clients; an administrator of realm "
        "`onboarded` must give its service account `manage-clients`, `manage-users`, `view-events` of "
        "`realm-management`"
    )


# ---- the command ---------------------------------------------------------------------------------------------------


def test_the_command_shows_the_plan_does_it_and_puts_it_on_record(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("GATEWAY_REAL", "GATEWAY_REAL_CACHE"):  # of this lane, and no settings
        monkeypatch.delenv(name, raising=False)
    house.profile("typed", roles="orders.send, messages.read")
    (tmp_path / "secret").write_text(house.onboarded.access.secret)
    for name, value in {
        "PARTNERS": str(house.folder), "STATE": str(tmp_path / "state"), "KEYS": str(tmp_path / "state" / "keys"),
        "PARTNER_ISSUERS": house.onboarded.issuer, "KEYCLOAK_SECRET_FILE": str(tmp_path / "secret"),
    }.items():  # fmt: skip
        monkeypatch.setenv(f"GATEWAY_{name}", value)
    for name in ("GATEWAY_DATABASE_URL", "GATEWAY_COUNTERS_URL"):  # the command names its embedded servers there
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)

    assert main(["partner", "onboard", "typed"]) == 0
    told = capsys.readouterr()
    planned = before_the_kit(told.out)
    assert "; what is planned above is not done yet\n" in told.out
    count = len(planned) - 2
    assert planned[0] == f"typed: {count} changes at {house.onboarded.issuer}"
    assert planned[-1] == "nothing was done; with --apply it is"
    assert house.onboarded.admin.get_client_id("typed-orders") is None

    assert main(["partner", "onboard", "typed", "--apply"]) == 0
    told = capsys.readouterr()
    path = secret_file(tmp_path / "state" / "onboarding", "typed-orders")
    done = before_the_kit(told.out)
    assert done[1:-2] == planned[1:-1]
    assert done[-2] == f"done: {count} of {count}"
    assert done[-1].startswith(f"a secret lies in {path}; ")
    assert "# Harbourline Supplies: how we exchange documents\n" in told.out
    assert "not done yet" not in told.out
    assert path.read_text().strip() not in told.out + told.err

    assert main(["partner", "onboard", "typed", "--apply", "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again.pop("welcome")["http"]["clients"] == ["typed-orders"]
    assert again == {
        "ok": True, "partner": "typed", "applied": False, "changes": [], "secrets": [], "problem": None,
    }  # fmt: skip
    assert main(["partner", "onboard", "typed"]) == 0
    nothing = before_the_kit(capsys.readouterr().out)
    assert nothing == [f"typed: nothing to do; {house.onboarded.issuer} is as the profile says"]

    (leaf,) = asyncio.run(leaves("operator.partner.onboarded"))
    assert leaf["partner"] == "typed"
    assert leaf["outcome"] == "done"
    assert leaf["changes"] == [line.strip() for line in planned[1:-1]]


def before_the_kit(out: str) -> list[str]:
    """What the command has done, in lines; behind the rule is what the partner gets."""
    return out.partition(f"\n{'-' * 100}\n")[0].splitlines()


async def leaves(event: str) -> list[dict[str, Any]]:
    for name in ("GATEWAY_DATABASE_URL", "GATEWAY_COUNTERS_URL"):
        os.environ.pop(name)
    with ExitStack() as stack:
        pool = await open_pool(with_embedded(stack).database_url or "", size=2)
        try:
            rows = await pool.fetch("select body from events")
        finally:
            await pool.close()
    return [leaf for row in rows if (leaf := json.loads(row["body"]))["event"] == event]
