"""What other gateways' rules become here: loadable rules, and a list that leaves nothing out in silence."""

import re
from pathlib import Path
from typing import Any

import pytest

from policies.import_apim import import_apim
from policies.import_deck import import_deck
from policies.importing import Imported
from policies.loading import PolicySet, load
from translators.fileproblems import FileProblems

HERE = Path(__file__).parent / "imports"
APIM = HERE / "apim.xml"
KONG = HERE / "kong.yaml"


def taken_over(rules: Path, found: Imported) -> PolicySet:
    """The fragments put into the files they name, with the address lists that the notes ask for."""
    for name, text in found.files().items():
        path = rules / name
        for part in re.split(r"^# into ", text, flags=re.MULTILINE)[1:]:
            field, _, fragments = part.partition("\n")
            into = re.match(r"`(\w+)`", field)
            assert into is not None
            path.write_text(path.read_text().replace(f"\n{into[1]}:\n", f"\n{into[1]}:\n{fragments}\n", 1))
    lists = [
        f"- {{name: {note[1]}, why: imported, networks: {note[2]}}}\n"
        for one in found.settings
        if (note := re.search(r"name (\S+), networks (\[.*\])", one.text))
    ]
    access = rules / "access.yaml"
    access.write_text(access.read_text().replace("addresses: []", f"addresses:\n{''.join(lists)}"))
    return load(rules)


@pytest.mark.parametrize("found", [import_apim(APIM, "standard"), import_deck(KONG)], ids=["apim", "deck"])
def test_what_is_imported_is_taken_by_the_loader_and_only_observes(rules: Path, found: Imported) -> None:
    names = {rule.fields["name"] for rule in found.rules}
    taken = [one.rule for one in taken_over(rules, found).written if one.rule.name in names]
    assert len(taken) == len(found.rules)
    assert {one.mode for one in taken} == {"observe"}


def rates(found: Imported) -> list[str]:
    return [rule.fields["rate"] for rule in found.rules if "rate" in rule.fields]


def unmapped(found: Imported) -> list[str]:
    return [f"{one.place} {one.what}" for one in found.unmapped]


def test_apim_limits_issuers_roles_and_addresses() -> None:
    found = import_apim(APIM, "gold")
    assert rates(found) == ["600 per 1m", "20 per 90s"]
    assert [rule.fields["per"] for rule in found.rules if "rate" in rule.fields] == ["sender", "address"]
    assert [rule.fields["quota"] for rule in found.rules if "quota" in rule.fields] == [
        "50000 per day", "40960000 per day",
    ]  # fmt: skip
    assert [rule.fields["roles"] for rule in found.rules if "roles" in rule.fields] == ["[orders.send, orders.read]"]
    assert {rule.fields["plans"] for rule in found.rules} == {"[gold]"}
    told = [one.text for one in found.settings]
    assert "GATEWAY_PARTNER_ISSUERS=https://id.example.com/realms/partners" in told
    assert "GATEWAY_AUDIENCE=api-orders" in told
    assert "`clients: [aurora-orders]` in the profiles of partners/profiles/" in told


def test_apim_leaves_nothing_out_in_silence() -> None:
    assert unmapped(import_apim(APIM, "gold")) == [
        'line 7 <rate-limit-by-key> by @(context.Request.Headers.GetValueOrDefault("x"))',
        "line 9 <quota>",
        "line 13 <address-range>",
        "line 21 <claim> department",
        "line 24 <set-header>",
        "line 25 <choose>",
        "line 26 <llm-token-limit>",
    ]


def test_deck_limits_groups_sizes_and_consumers() -> None:
    found = import_deck(KONG)
    assert rates(found) == ["600 per 1m", "5 per 1s", "1000 per 1h"]
    assert [rule.fields["size"] for rule in found.rules if "size" in rule.fields] == ["10 MiB"]
    assert [(rule.fields.get("effect"), rule.fields["roles"]) for rule in found.rules if "roles" in rule.fields] == [
        (None, "[distributors]"), ("deny", "[blocked]"),
    ]  # fmt: skip
    told = {one.what: one.text for one in found.settings}
    assert told["consumer Aurora GmbH"].startswith("partners/profiles/aurora-gmbh.yaml with `plan: aurora-gmbh`")
    assert told["consumer kiesel"] == "partners/profiles/kiesel.yaml with `plan: trial`"


def test_deck_leaves_nothing_out_in_silence() -> None:
    assert sorted(unmapped(import_deck(KONG))) == [
        "line 12 plugin key-auth of service orders",
        "line 20 keyauth_credentials of Aurora GmbH",
        "line 32 plugin prometheus of everybody",
        "line 33 plugin our-own-plugin of everybody",
        "line 6 plugin rate-limiting of service orders per month",
    ]


def of_deck(tmp_path: Path, text: str) -> Imported:
    path = tmp_path / "kong.yaml"
    path.write_text(f'_format_version: "3.0"\n{text}\n')
    return import_deck(path)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("plugins: 7", ["line 2 plugins"]),
        ("services: {a: 1}", ["line 2 services"]),
        ("upstreams: []", ["line 2 upstreams"]),
        ("plugins: [{config: {}}]", ["line 2 a plugin of everybody"]),
        ("consumers: [3]", ["line 2 a consumer"]),
        (
            "plugins: [{name: rate-limiting, config: {minute: many, hour: -1, second: true, day: 60.5}}]",
            [
                f"line 2 plugin rate-limiting of everybody: {one}"
                for one in ("True per second", "many per minute", "-1 per hour", "60.5 per day")
            ],
        ),
        ("plugins: [{name: rate-limiting, config: {policy: local}}]", ["line 2 plugin rate-limiting of everybody"]),
        ("routes: [{name: r, plugins: [{name: acl, config: {allow: 5}}]}]", ["line 2 plugin acl of route r"]),
        ("plugins: [{name: ip-restriction, config: {}}]", ["line 2 plugin ip-restriction of everybody"]),
        (
            "plugins: [{name: ip-restriction, config: {allow: [office, 0.0.0.0/0]}}]",
            [f"line 2 plugin ip-restriction of everybody: {one}" for one in ("office", "0.0.0.0/0")],
        ),
        (
            "plugins: [{name: request-size-limiting, config: {allowed_payload_size: true}}]",
            ["line 2 plugin request-size-limiting of everybody"],
        ),
    ],
)
def test_deck_names_also_what_it_cannot_make_sense_of(tmp_path: Path, text: str, left: list[str]) -> None:
    found = of_deck(tmp_path, text)
    assert (unmapped(found), found.rules) == (left, ())


def test_addresses_become_networks_as_lists_here_hold_them(tmp_path: Path) -> None:
    found = of_deck(tmp_path, "plugins: [{name: ip-restriction, config: {deny: [192.0.2.5/28, 2001:DB8::7]}}]")
    assert found.settings[0].text.endswith('networks ["192.0.2.0/28", "2001:db8::7/128"]')


def test_apim_makes_no_network_of_what_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    filters = '<ip-filter action="allow"><address>our office</address></ip-filter>'
    path.write_text(f"<policies><inbound>{filters}</inbound></policies>")
    found = import_apim(path, "standard")
    assert (unmapped(found), found.rules, found.settings) == (["line 1 <ip-filter>: our office"], (), ())


def test_no_secret_of_a_source_is_told() -> None:
    assert "a-secret-that-must-not-be-printed" not in str(import_deck(KONG))


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.xml", "<policies><inbound>", "export the policy as `xml`, not as `rawxml`"),
        ("a.xml", '<policies><inbound><choose><when condition="@(x("y"))"/></choose></inbound></policies>', "`rawxml`"),
        ("a.xml", "<!DOCTYPE p [<!ENTITY x 'y'>]><policies>&x;</policies>", "1:"),
        ("a.xml", "<other/>", "a policy document begins with <policies>, not <other>"),
        ("a.yaml", "services: []\n", "a file of decK has `_format_version`; this one has none"),
        ("a.yaml", "_format_version: '3.0'\nservices: &a []\nplugins: *a\n", "aliases (`*a`) are not allowed"),
        ("a.yaml", "- 1\n", "a file of decK has `_format_version`"),
    ],
)
def test_a_source_that_cannot_be_read_is_told(tmp_path: Path, name: str, content: str, sentence: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(FileProblems) as caught:
        import_apim(path, "standard") if name.endswith("xml") else import_deck(path)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        "services: [1, null, {plugins: 5}]", "plugins: [{}, {name: rate-limiting}, {name: acl, config: 3}]",
        "consumers: [{}, 3]", "plugins: [{name: rate-limiting, config: {minute: many, limit_by: path}}]",
        "plugins: [{name: rate-limiting-advanced, config: {limit: [1], window_size: []}}]",
        "plugins: [{name: request-size-limiting, config: {allowed_payload_size: big}}]",
    ],
)  # fmt: skip
def test_whatever_a_deck_file_holds_is_no_defect(tmp_path: Path, data: str) -> None:
    path = tmp_path / "kong.yaml"
    path.write_text(f'_format_version: "3.0"\n{data}\n'.replace("null", "{}"))
    found: Any = import_deck(path)
    assert found.rules == ()
