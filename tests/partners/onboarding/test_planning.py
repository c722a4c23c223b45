"""What is planned from what a profile asks for and what Keycloak has, without a Keycloak; tests/real has one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.certificates import BEGIN, certificate, key, pem

from partners.directory import Directory, load
from partners.onboarding.changes import Change, MakeClient, SetClient
from partners.onboarding.found import FoundClient, FoundMapper, FoundRealm
from partners.onboarding.planning import plan_client, plan_realm, plan_secret
from partners.onboarding.wanted import CannotOnboard, RoleOf, WantedClient, wanted_clients

AT = datetime(2026, 11, 23, tzinfo=UTC)
AUDIENCE = "partner-gateway"


def with_profile(folder: Path, oauth: str, *, certificates: str = "", binding: str = "none") -> Directory:
    (folder / "profiles" / "acme.yaml").write_text(
        "id: acme\nname: Acme\nkind: distributor\nstate: active\nplan: standard\n"
        f"binding: {binding}\nclients: [acme-orders]\noauth: {oauth}\n"
        f'identifiers: {{gln: ["4098765000010"]}}\ncertificates: [{certificates}]\n'
    )
    return load(folder)


def wanted(directory: Directory, at: datetime = AT) -> WantedClient:
    (one,) = wanted_clients(directory.partners["acme"], directory.timeline("acme"), AUDIENCE, at)
    return one


def as_wanted(one: WantedClient) -> FoundClient:
    """What Keycloak has once the plan is carried out, with what it adds by itself."""
    config = one.mapper["config"]
    assert isinstance(config, dict)
    return FoundClient(
        client=one.client,
        fields={**one.fields, "id": "4711", "surrogateAuthRequired": False},
        attributes={name: value for name, value in one.attributes.items() if value} | {"realm_client": "false"},
        mappers=(FoundMapper(id="1", name="gateway-audience", kind="oidc-audience-mapper", config=config),),
        granted=one.roles,
        shown=one.roles,
        scopes=one.scopes | {"service_account"},
    )


def told(changes: list[Change]) -> list[str]:
    return [str(change) for change in changes]


def test_a_realm_without_anything_is_given_what_is_needed_in_order(folder: Path) -> None:
    one = wanted(with_profile(folder, "{authentication: secret, roles: [orders.send], scopes: [orders]}"))
    realm = FoundRealm(name="partners", roles=None, scopes=frozenset({"basic", "roles"}), clients=frozenset())
    assert told([*plan_realm([one], realm), *plan_client(one, None)]) == [
        "+ client `partner-gateway`: what tokens are for; nobody logs in with it",
        "+ role `orders.send` of `partner-gateway`",
        "+ scope `orders`",
        "+ client `acme-orders`: a service account; a secret; audience `partner-gateway`; scopes `basic`, `orders`, "
        "`roles`",
        "+ client `acme-orders`: role `orders.send` of `partner-gateway`",
    ]


def test_what_is_as_wanted_needs_nothing(folder: Path) -> None:
    one = wanted(with_profile(folder, "{authentication: secret, roles: [orders.send]}"))
    assert list(plan_client(one, as_wanted(one))) == []
    assert plan_secret(one, as_wanted(one), anew=False) is None


def test_a_secret_is_made_where_a_key_was_believed(folder: Path) -> None:
    keyed = "{authentication: private_key_jwt, roles: [orders.send]}"
    before = as_wanted(wanted(with_profile(folder, keyed, certificates="{use: [client-assertion], file: acme.pem}")))
    one = wanted(with_profile(folder, "{authentication: secret, roles: [orders.send]}"))
    assert told(list(plan_client(one, before)))[0] == (
        "~ client `acme-orders`: proves itself by: private_key_jwt -> a secret"
    )
    secret = plan_secret(one, before, anew=False)
    assert secret is not None
    assert str(secret) == "+ client `acme-orders`: a secret, into a file that only you can read"


def test_the_key_of_assertions_and_its_algorithm_are_the_certificates(folder: Path) -> None:
    keyed = "{authentication: private_key_jwt, roles: [orders.send]}"
    one = wanted(with_profile(folder, keyed, certificates="{use: [client-assertion], file: curve.pem}"))
    assert one.fields["clientAuthenticatorType"] == "client-jwt"
    assert one.attributes["token.endpoint.auth.signing.alg"] == "ES256"
    (change, *_) = plan_client(one, None)
    assert isinstance(change.act, MakeClient)
    attributes = change.act.representation["attributes"]
    assert isinstance(attributes, dict)
    assert "x509.subjectdn" not in attributes, "what is not believed is not even named"
    assert '"d"' not in attributes["jwks.string"]


def test_keys_from_an_address_replace_keys_kept_in_keycloak(folder: Path) -> None:
    keyed = "{authentication: private_key_jwt, roles: [orders.send]}"
    before = as_wanted(wanted(with_profile(folder, keyed, certificates="{use: [client-assertion], file: acme.pem}")))
    address = "{authentication: private_key_jwt, jwks_url: 'https://acme.example/keys', roles: [orders.send]}"
    (change,) = plan_client(wanted(with_profile(folder, address)), before)
    assert isinstance(change.act, SetClient)
    assert change.act.attributes["jwks.string"] == ""
    assert change.act.attributes["jwks.url"] == "https://acme.example/keys"
    assert "keys from an address: none -> on" in change.text


@pytest.mark.parametrize(
    ("binding", "says"),
    [("certificate", "tokens bound to the certificate (RFC 8705) required"),
     ("dpop", "tokens bound to a proof key (DPoP) required")],
)  # fmt: skip
def test_the_binding_of_the_profile_is_the_clients(folder: Path, binding: str, says: str) -> None:
    one = wanted(with_profile(folder, "{authentication: secret, roles: [orders.send]}", binding=binding))
    (change, *_) = plan_client(one, None)
    assert says in change.text


def test_roles_that_go_go_first(folder: Path) -> None:
    one = wanted(with_profile(folder, "{authentication: secret, roles: [orders.send]}"))
    found = as_wanted(one)
    other = frozenset({RoleOf("realm-management", "manage-users"), RoleOf("", "admin")})
    found = FoundClient(client=found.client, fields=found.fields, attributes=found.attributes, mappers=found.mappers,
                        scopes=found.scopes, granted=other)  # fmt: skip
    assert told(list(plan_client(one, found))) == [
        "- client `acme-orders`: role `admin`",
        "- client `acme-orders`: role `manage-users` of `realm-management`",
        "+ client `acme-orders`: role `orders.send` of `partner-gateway`",
    ]


def test_an_audience_that_names_another_is_put_right(folder: Path) -> None:
    one = wanted(with_profile(folder, "{authentication: secret, roles: [orders.send]}"))
    found = as_wanted(one)
    mapper = FoundMapper(id="7", name="gateway-audience", kind="oidc-audience-mapper",
                         config={"included.client.audience": "somebody-else"})  # fmt: skip
    found = FoundClient(client=found.client, fields=found.fields, attributes=found.attributes, mappers=(mapper,),
                        scopes=found.scopes, granted=one.roles, shown=one.roles)  # fmt: skip
    assert told(list(plan_client(one, found))) == [
        "~ client `acme-orders`: mapper `gateway-audience`, which again puts `partner-gateway` into `aud`"
    ]


# ---- who must act --------------------------------------------------------------------------------------------------


def sentence(directory: Directory, partner: str, at: datetime = AT) -> str:
    with pytest.raises(CannotOnboard) as caught:
        wanted_clients(directory.partners[partner], directory.timeline(partner), AUDIENCE, at)
    return str(caught.value)


def test_a_profile_that_says_nothing_of_logins_is_told_what_to_add(folder: Path) -> None:
    with_profile(folder, "{authentication: secret, roles: [orders.send]}")
    path = folder / "profiles" / "acme.yaml"
    path.write_text("".join(line for line in path.read_text().splitlines(True) if not line.startswith("oauth")))
    assert sentence(load(folder), "acme") == (
        "the profile of `acme` does not say how its clients prove themselves; add `oauth` with an `authentication` "
        "and `roles`"
    )


@pytest.mark.parametrize(("authentication", "use"), [("private_key_jwt", "client-assertion"), ("mtls", "tls-client")])
def test_a_certificate_out_of_its_time_is_never_believed(folder: Path, authentication: str, use: str) -> None:
    directory = with_profile(folder, f"{{authentication: {authentication}, roles: [orders.send]}}",
                             certificates=f"{{use: [{use}], file: short.pem}}")  # fmt: skip
    assert wanted(directory, BEGIN + timedelta(days=1))
    assert sentence(directory, "acme") == (
        f"no certificate of `acme` with the use `{use}` is valid today; ask the partner for its new one and add it to "
        "the profile"
    )


def test_two_subjects_at_once_cannot_be_believed(folder: Path) -> None:
    (folder / "certificates" / "other.pem").write_bytes(pem(certificate("other", of=key(256, "other"))))
    directory = with_profile(
        folder, "{authentication: mtls, roles: [orders.send]}",
        certificates="{use: [tls-client], file: acme.pem}, {use: [tls-client], file: other.pem}",
    )  # fmt: skip
    assert sentence(directory, "acme") == (
        "the certificates of `acme` for `tls-client` name 2 subjects, and Keycloak believes one: `CN=acme` and "
        "`CN=other`; the partner must keep its subject, or their times must not overlap"
    )
