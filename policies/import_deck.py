"""Kong, as decK writes it down: plugins of services, routes, consumers and consumer groups.

Source: Kong's decK documentation and the reference of each plugin. The file is read as strictly as our own: anchors
must be written out.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from policies.importing import Collecting, Imported, rate, words
from translators.yamlfiles import FileProblems, YamlFile, load

_SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
_SIZES = {"bytes": "B", "kilobytes": "KiB", "megabytes": "MiB"}
_LISTS = ("services", "routes", "consumers", "consumer_groups", "plugins")
_PER = {"consumer": "sender", "credential": "client", "ip": "address"}

_UNMAPPED = {
    "key-auth": "API keys are not taken: give each consumer an OAuth client and name it in `clients` of its profile",
    "basic-auth": "passwords are not taken: give each consumer an OAuth client",
    "hmac-auth": "use DPoP: `binding: dpop` in the profile",
    "mtls-auth": "certificates are bound to tokens: `binding: certificate` in the profile",
    "openid-connect": "issuers are GATEWAY_PARTNER_ISSUERS; roles and scopes go into access.yaml",
    "request-validator": "write the schema into `schemas/` and a rule into schemas.yaml",
    "request-transformer": "documents are translated by maps, not rewritten by rules",
    "response-transformer": "answers are not rewritten by rules",
    "cors": "browsers are no senders of documents",
    "proxy-cache": "nothing is cached: each answer is about one message",
    "prometheus": "metrics are always on, at /metrics",
    "file-log": "every verdict is an event of the audit already",
    "http-log": "every verdict is an event of the audit already",
    "correlation-id": "traces are always on (traceparent)",
    "request-termination": "a retired version refuses: versions.yaml",
}
"""Plugins that do not map, and where their purpose is served here."""


def import_deck(path: Path) -> Imported:
    """Raises FileProblems."""
    file = load(path)
    if not isinstance(file.data, dict) or "_format_version" not in file.data:
        raise FileProblems([file.problem("$", "a file of decK has `_format_version`; this one has none")])
    found = Collecting(path, "kong")
    _what_is_no_rule(found, file)
    for owner, plan, data, place in _owners(file):
        for number, plugin in enumerate(_list(data, "plugins")):
            _plugin(found, file, plugin, f"{place}.plugins[{number}]", owner, plan)
    for number, consumer in enumerate(_list(file.data, "consumers")):
        _consumer(found, file, consumer, f"$.consumers[{number}]")
    return found.done()


def _what_is_no_rule(found: Collecting, file: YamlFile) -> None:
    """Whatever stands at the top of the file and holds neither plugins nor consumers."""
    for name, value in file.data.items():
        if name.startswith("_"):
            continue
        if name not in _LISTS:
            found.leave(
                _at(file, f"$.{name}"), name, "there is nothing like it here; decide whether it is still needed"
            )
        elif not isinstance(value, list):
            found.leave(_at(file, f"$.{name}"), name, "it is no list, so nothing of it was read")


_Owner = tuple[str, str, Any, str]
"""What it is for in words, the plan it becomes, its data, its path."""


def _owners(file: YamlFile) -> Iterator[_Owner]:
    yield "everybody", "standard", file.data, "$"
    for kind in ("services", "routes", "consumers", "consumer_groups"):
        for number, one in enumerate(_list(file.data, kind)):
            place = f"$.{kind}[{number}]"
            called = str(one.get("name") or one.get("username") or number) if isinstance(one, dict) else str(number)
            yield f"{kind.rstrip('s')} {called}", called if kind.startswith("consumer") else "standard", one, place
            for at, route in enumerate(_list(one, "routes")):
                name = route.get("name", at) if isinstance(route, dict) else at
                yield f"route {name}", "standard", route, f"{place}.routes[{at}]"


def _list(data: Any, name: str) -> list[Any]:
    value = data.get(name) if isinstance(data, dict) else None
    return value if isinstance(value, list) else []


def _at(file: YamlFile, path: str) -> str:
    return f"line {file.problem(path, '').line}"


def _plugin(found: Collecting, file: YamlFile, plugin: Any, path: str, owner: str, plan: str) -> None:
    place = _at(file, path)
    name = plugin.get("name") if isinstance(plugin, dict) else None
    what = f"plugin {name} of {owner}"
    if not isinstance(plugin, dict) or name is None:
        found.leave(place, f"a plugin of {owner}", "it has no name, so nobody can tell what it did")
        return
    if plugin.get("enabled") is False:
        found.leave(place, what, "it is switched off")
        return
    config = plugin.get("config") if isinstance(plugin.get("config"), dict) else {}
    mapped = _MAPPED.get(str(name))
    if mapped is not None:
        mapped(found, config, place, what, plan)
        return
    found.leave(
        place, what, _UNMAPPED.get(str(name), "there is nothing like it here; decide whether it is still needed")
    )


def _rate_limiting(found: Collecting, config: Any, place: str, what: str, plan: str) -> None:
    limited_by = config.get("limit_by", "consumer")
    per = _PER.get(str(limited_by))
    if per is None:
        found.leave(place, f"{what} by {limited_by}", "no limit here counts by this; choose sender, client or address")
        return
    if not config.keys() & {*_SECONDS, "month", "year"}:
        found.leave(place, what, "it names no count per second, minute, hour or day")
    for unit, seconds in _SECONDS.items():
        count = config.get(unit)
        if unit in config and not _is_count(count):
            found.leave(place, f"{what}: {count} per {unit}", "a limit is a whole number above 0")
        elif unit in config:
            plans = words([_plan(plan)])
            found.rule("limits.yaml", f"{plan}-requests-a-{unit}", place, senders="[partner]", plans=plans, per=per,
                       rate=rate(count, seconds))  # fmt: skip
    for unit in ("month", "year"):
        if unit in config:
            found.leave(place, f"{what} per {unit}", "write `quota: ... per month` with its time zone")


def _advanced(found: Collecting, config: Any, place: str, what: str, plan: str) -> None:
    limits, windows = config.get("limit"), config.get("window_size")
    if not isinstance(limits, list) or not isinstance(windows, list) or len(limits) != len(windows):
        found.leave(place, what, "`limit` and `window_size` must be two lists of one length")
        return
    for count, seconds in zip(limits, windows, strict=True):
        if _is_count(count) and _is_count(seconds) and seconds <= 366 * 86_400:
            found.rule("limits.yaml", f"{plan}-requests", place, senders="[partner]", plans=words([_plan(plan)]),
                       rate=rate(count, seconds))  # fmt: skip
        else:
            found.leave(
                place, f"{what}: {count} in {seconds}", "both must be numbers above 0, the window at most a year"
            )


def _is_count(value: Any) -> bool:
    """True and false are no numbers, whatever Python says."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _acl(found: Collecting, config: Any, place: str, what: str, plan: str) -> None:
    allowed = [str(one) for one in _list(config, "allow") + _list(config, "whitelist")]
    denied = [str(one) for one in _list(config, "deny") + _list(config, "blacklist")]
    if not allowed and not denied:
        found.leave(place, what, "it lists no group to allow or to deny")
    if allowed:
        found.rule("access.yaml", f"{plan}-call", place, may="call", senders="[partner]", roles=words(allowed))
        found.setting(place, what, f"the groups {words(allowed)} become roles of the clients in Keycloak")
    if denied:
        found.rule(
            "access.yaml", f"{plan}-denied", place, effect="deny", may="call", senders="[partner]", roles=words(denied)
        )


def _ip_restriction(found: Collecting, config: Any, place: str, what: str, plan: str) -> None:
    if not any(_list(config, field) for field in ("allow", "whitelist", "deny", "blacklist")):
        found.leave(place, what, "it lists no address to allow or to deny")
    for field, old, condition in (("allow", "whitelist", "outside"), ("deny", "blacklist", "addresses")):
        networks = found.networks([str(one) for one in _list(config, field) + _list(config, old)], place, what)
        if networks:
            name = found.name(f"{plan}-addresses-to-{field}")
            found.setting(
                place, what, f"an entry of `addresses` in access.yaml: name {name}, networks {words(networks)}"
            )
            found.rule("access.yaml", f"{plan}-{condition}", place, effect="deny", may="call", senders="[partner]",
                       **{condition: words([name])})  # fmt: skip


def _size(found: Collecting, config: Any, place: str, what: str, plan: str) -> None:
    size, unit = config.get("allowed_payload_size", 128), _SIZES.get(str(config.get("size_unit", "megabytes")))
    if not _is_count(size) or unit is None:
        found.leave(place, what, "the size must be a number of bytes, kilobytes or megabytes")
        return
    found.rule("limits.yaml", f"{plan}-size", place, into="caps", senders="[partner]", plans=words([_plan(plan)]),
               size=f"{size} {unit}")  # fmt: skip


def _jwt(found: Collecting, config: Any, place: str, what: str, plan: str) -> None:
    del config, plan
    found.setting(
        place, what, "GATEWAY_PARTNER_ISSUERS: the `key` (iss) of each consumer's jwt_secrets that is an issuer"
    )
    found.leave(place, what, "keys are fetched from an issuer; keys that stand in a file are not taken")


def _consumer(found: Collecting, file: YamlFile, consumer: Any, path: str) -> None:
    """A consumer becomes a profile: who they are stands in partners/, never in rules."""
    if not isinstance(consumer, dict):
        found.leave(_at(file, path), "a consumer", "it is no consumer as decK writes one")
        return
    called, place = str(consumer.get("username") or consumer.get("custom_id") or "consumer"), _at(file, path)
    groups = [str(one.get("name")) for one in _list(consumer, "groups") if isinstance(one, dict)]
    own_limits = any(
        "rate-limiting" in str(one.get("name")) for one in _list(consumer, "plugins") if isinstance(one, dict)
    )
    plan = called if own_limits else (groups[0] if groups else "standard")
    profile = f"partners/profiles/{_plan(called)}.yaml with `plan: {_plan(plan)}`"
    roles = [str(one.get("group")) for one in _list(consumer, "acls") if isinstance(one, dict)]
    found.setting(
        place, f"consumer {called}", f"{profile}{f' and the roles {words(roles)} in Keycloak' if roles else ''}"
    )
    for kind in ("keyauth_credentials", "basicauth_credentials", "hmacauth_credentials", "jwt_secrets"):
        if _list(consumer, kind):
            found.leave(place, f"{kind} of {called}", "secrets are not imported; its OAuth client goes into `clients`")


def _plan(name: str) -> str:
    return "".join(one if one.isascii() and (one.isalnum() or one in "._-") else "-" for one in name.lower()).strip(
        "-._"
    )


_Mapped = Callable[[Collecting, Any, str, str, str], None]
_MAPPED: dict[str, _Mapped] = {
    "rate-limiting": _rate_limiting,
    "rate-limiting-advanced": _advanced,
    "acl": _acl,
    "ip-restriction": _ip_restriction,
    "request-size-limiting": _size,
    "jwt": _jwt,
}
