"""How keys are fetched, kept, refused and remembered. Time is the test's own: nothing here waits."""

import asyncio
import json

import httpx
import pytest

from gateway.identity.issuers import Issuer
from gateway.identity.keys import JwksKeys, KeysUnavailable, UnknownKey

NOW = 1_795_000_000.0
ISSUER = Issuer(
    iss="https://id.harbourline.example/realms/partners",
    kind="partner",
    jwks_uri="https://id.harbourline.example/realms/partners/protocol/openid-connect/certs",
    audience="partner-gateway",
)


class Body(httpx.AsyncByteStream):
    """A body that has not been read yet."""

    def __init__(self, stream: httpx.ByteStream) -> None:
        self._stream = stream

    async def __aiter__(self):
        for piece in self._stream:
            yield piece


class World:
    """An issuer that publishes what it is told to, and a clock that runs only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.wall_offset = NOW - self.now
        self.kids = ["a"]
        self.fetched_at: list[float] = []
        self.requests: list[httpx.Request] = []
        self.answer = None
        self.gate: asyncio.Event | None = None
        self.arrived = asyncio.Event()

    def clock(self) -> float:
        return self.now

    def wall(self) -> float:
        return self.now + self.wall_offset

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)

    async def handle(self, request: httpx.Request) -> httpx.Response:
        self.fetched_at.append(self.now)
        self.requests.append(request)
        answer = self.answer or published(self.kids)  # the state when the question arrived
        self.arrived.set()
        if self.gate is not None:
            await self.gate.wait()
        if isinstance(answer, Exception):
            raise answer
        # as from the wire: not read yet
        return httpx.Response(answer.status_code, headers=answer.headers, stream=Body(answer.stream))

    def keys(self, folder=None, **options) -> JwksKeys:
        client = httpx.AsyncClient(transport=httpx.MockTransport(self.handle))
        paces = {"clock": self.clock, "wall_clock": self.wall, "sleep": self.sleep}
        return JwksKeys([ISSUER], folder, client=client, **{**paces, **options})


def published(kids) -> httpx.Response:
    keys = [
        {"kid": kid, "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"} for kid in kids
    ]
    return httpx.Response(200, json={"keys": keys})


@pytest.fixture
async def world():
    return World()


async def test_a_known_key_costs_no_fetch_and_an_unknown_one_costs_one(world):
    keys = world.keys()
    assert (await keys.find(ISSUER, "a")).members["kid"] == "a"
    await keys.find(ISSUER, "a")
    assert len(world.fetched_at) == 1
    with pytest.raises(UnknownKey):
        await keys.find(ISSUER, "b")
    assert len(world.fetched_at) == 2


async def test_all_who_ask_at_once_share_one_fetch(world):
    keys = world.keys()
    found = await asyncio.gather(*(keys.find(ISSUER, "a") for _ in range(50)))
    assert len({id(key) for key in found}) == 1
    assert len(world.fetched_at) == 1


async def test_one_who_gives_up_does_not_end_the_fetch_of_the_others(world):
    world.gate = asyncio.Event()
    keys = world.keys()
    impatient, patient = (asyncio.create_task(keys.find(ISSUER, "a")) for _ in range(2))
    await world.arrived.wait()
    impatient.cancel()
    world.gate.set()
    assert (await patient).members["kid"] == "a"


async def test_a_flood_of_invented_keys_costs_at_most_one_fetch_a_second(world):
    keys = world.keys()
    began = world.now

    async def ask(kid: str) -> None:
        with pytest.raises(UnknownKey):
            await keys.find(ISSUER, kid)

    for burst in range(20):
        await asyncio.gather(*(ask(f"{burst}-{number}") for number in range(500)))
    pauses = [later - earlier for earlier, later in zip(world.fetched_at, world.fetched_at[1:], strict=False)]
    assert pauses
    assert min(pauses) >= 1.0
    assert len(world.fetched_at) <= world.now - began + 2


async def test_in_a_flood_a_new_key_is_seen_by_the_first_fetch_after_its_publication(world):
    keys = world.keys()
    asks = [asyncio.create_task(keys.find(ISSUER, f"x{number}")) for number in range(500)]
    await asyncio.gather(*asks, return_exceptions=True)
    world.kids = ["a", "new"]
    published_at = world.now
    assert (await keys.find(ISSUER, "new")).members["kid"] == "new"
    assert world.now - published_at <= 1.0


async def test_a_key_published_while_a_fetch_was_under_way_is_not_taken_for_absent(world):
    world.gate = asyncio.Event()
    keys = world.keys()
    early = asyncio.create_task(keys.find(ISSUER, "a"))
    await world.arrived.wait()
    world.kids = ["a", "new"]  # the answer under way does not hold it
    late = asyncio.create_task(keys.find(ISSUER, "new"))
    await asyncio.sleep(0)
    world.gate.set()
    await early
    assert (await late).members["kid"] == "new"
    assert len(world.fetched_at) == 2


async def test_a_key_seen_absent_is_not_asked_for_again_for_30_seconds(world):
    keys = world.keys()
    with pytest.raises(UnknownKey):
        await keys.find(ISSUER, "b")
    world.now += 29.9
    with pytest.raises(UnknownKey):
        await keys.find(ISSUER, "b")
    assert len(world.fetched_at) == 1
    world.now += 0.2
    world.kids = ["a", "b"]
    assert (await keys.find(ISSUER, "b")).members["kid"] == "b"


async def test_a_key_seen_absent_is_found_as_soon_as_any_fetch_brings_it(world):
    keys = world.keys()
    with pytest.raises(UnknownKey):
        await keys.find(ISSUER, "b")
    world.kids = ["a", "b"]
    with pytest.raises(UnknownKey):
        await keys.find(ISSUER, "c")
    assert (await keys.find(ISSUER, "b")).members["kid"] == "b"


async def test_a_key_no_longer_published_no_longer_counts(world):
    keys = world.keys()
    await keys.find(ISSUER, "a")
    world.kids = ["b"]
    await keys.find(ISSUER, "b")
    with pytest.raises(UnknownKey):
        await keys.find(ISSUER, "a")


async def test_after_a_failure_nobody_asks_for_30_seconds_and_old_keys_still_count(world, caplog):
    keys = world.keys()
    await keys.find(ISSUER, "a")
    world.answer = httpx.Response(500)
    for _ in range(3):
        with pytest.raises(KeysUnavailable):
            await keys.find(ISSUER, "b")
    assert len(world.fetched_at) == 2
    assert (await keys.find(ISSUER, "a")).members["kid"] == "a"
    world.now += 30
    world.answer, world.kids = None, ["a", "b"]
    assert (await keys.find(ISSUER, "b")).members["kid"] == "b"
    assert caplog.messages == [f"keys of issuer {ISSUER.iss} not refreshed: the address answers with status 500"]


BAD_ANSWERS = {
    "a redirect": (httpx.Response(302, headers={"location": "https://evil.example/"}), "answers with status 302"),
    "not found": (httpx.Response(404), "answers with status 404"),
    "too large": (httpx.Response(200, content=b" " * (256 * 1024 + 1)), "larger than 256 KiB"),
    "compressed": (
        httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"\x1f\x8b")),
        "compressed although that was not asked for",
    ),
    "not JSON": (httpx.Response(200, content=b"<html>"), "not a JSON Web Key Set"),
    "not a set": (httpx.Response(200, json=[]), "not a JSON Web Key Set"),
    "keys that are text": (httpx.Response(200, json={"keys": ["a"]}), "not a JSON Web Key Set"),
    "nested without end": (httpx.Response(200, content=b'{"keys":[{"kid":' + b"[" * 100_000), "not a JSON Web Key Set"),
    "empty": (httpx.Response(200, json={"keys": []}), "holds no key with a `kid` of its own"),
    "keys without names": (
        httpx.Response(200, json={"keys": [{"kty": "RSA"}]}),
        "holds no key with a `kid` of its own",
    ),
    "two keys of one name": (published(["b", "b"]), "holds no key with a `kid` of its own"),
    "too many": (published(map(str, range(257))), "more than 256 keys"),
    "cut": (httpx.ReadError("cut"), "cannot be reached (ReadError)"),
    "silence": (httpx.ReadTimeout("slow"), "cannot be reached (ReadTimeout)"),
}


@pytest.mark.parametrize("name", BAD_ANSWERS)
async def test_a_bad_answer_keeps_the_last_good_keys_and_is_logged(world, caplog, name):
    answer, words = BAD_ANSWERS[name]
    keys = world.keys()
    await keys.find(ISSUER, "a")
    world.answer = answer
    with pytest.raises(KeysUnavailable):
        await keys.find(ISSUER, "b")
    assert (await keys.find(ISSUER, "a")).members["kid"] == "a"
    assert words in caplog.text
    assert len(world.requests) == 2  # a redirect is not followed


async def test_an_ambiguous_name_is_dropped_and_the_others_are_kept(world):
    world.kids = ["a", "b", "b"]
    keys = world.keys()
    assert await keys.find(ISSUER, "a")
    with pytest.raises(UnknownKey):
        await keys.find(ISSUER, "b")


async def test_a_slow_answer_is_given_up_after_three_seconds(world, caplog, monkeypatch):
    monkeypatch.setattr("gateway.identity.jwks.TIMEOUT_SECONDS", 0.01)
    world.gate = asyncio.Event()
    with pytest.raises(KeysUnavailable):
        await world.keys().find(ISSUER, "a")
    assert "no answer within 0.01 s" in caplog.text


async def test_the_request_asks_for_plain_json_and_carries_no_credentials(world):
    await world.keys().find(ISSUER, "a")
    (request,) = world.requests
    assert str(request.url) == ISSUER.jwks_uri
    assert request.headers["accept-encoding"] == "identity"
    assert "authorization" not in request.headers


async def test_kept_keys_serve_after_a_cold_start_while_the_issuer_is_away(world, tmp_path):
    await world.keys(tmp_path / "keys").find(ISSUER, "a")
    world.answer = httpx.ConnectError("away")
    world.now += 24 * 3600
    later = world.keys(tmp_path / "keys", sleep=forever)
    await later.start()
    assert (await later.find(ISSUER, "a")).members["kid"] == "a"
    await later.close()


async def test_kept_keys_are_not_used_beyond_their_day(world, tmp_path):
    await world.keys(tmp_path / "keys").find(ISSUER, "a")
    world.answer = httpx.ConnectError("away")
    world.now += 24 * 3600 + 1
    later = world.keys(tmp_path / "keys", sleep=forever)
    await later.start()
    with pytest.raises(KeysUnavailable):
        await later.find(ISSUER, "a")
    await later.close()


async def forever(_seconds: float) -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda place, _: place.write_bytes(b"{"), "unreadable (DecodeError)"),
        (lambda place, _: place.write_bytes(b"\xff"), "unreadable"),
        (lambda place, kept: place.write_text(json.dumps(kept | {"iss": "https://other"})), "another issuer's"),
        (lambda place, kept: place.write_text(json.dumps(kept | {"fetched_at": NOW + 9999})), "from the future"),
        (lambda place, kept: place.write_text(json.dumps(kept | {"content": "{}"})), "not a JSON Web Key Set"),
        (lambda place, _: place.chmod(0o666), "others may write there"),
        (lambda place, _: place.parent.chmod(0o777), "others may write there"),
    ],
    ids=["cut", "not UTF-8", "another issuer's", "from the future", "no set", "writable file", "writable folder"],
)
async def test_kept_keys_that_cannot_be_trusted_are_passed_over(world, tmp_path, caplog, spoil, words):
    folder = tmp_path / "keys"
    await world.keys(folder).find(ISSUER, "a")
    (place,) = folder.iterdir()
    spoil(place, json.loads(place.read_bytes()))
    world.answer = httpx.ConnectError("away")
    later = world.keys(folder, sleep=forever)
    await later.start()
    with pytest.raises(KeysUnavailable):
        await later.find(ISSUER, "a")
    assert words in caplog.text
    await later.close()


async def test_only_we_may_read_and_write_the_kept_keys(world, tmp_path):
    folder = tmp_path / "keys"
    await world.keys(folder).find(ISSUER, "a")
    (place,) = folder.iterdir()
    assert (folder.stat().st_mode & 0o777, place.stat().st_mode & 0o777) == (0o700, 0o600)


async def test_a_folder_that_cannot_be_written_costs_only_a_warning(world, tmp_path, caplog):
    (tmp_path / "keys").write_text("a file stands where the folder should be")
    assert await world.keys(tmp_path / "keys").find(ISSUER, "a")
    assert "not kept on disk" in caplog.text


async def test_keys_are_refreshed_every_five_minutes_and_after_a_failure_every_30_seconds(world):
    slept: list[float] = []
    enough = asyncio.Event()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        world.now += seconds
        world.answer = httpx.Response(500) if len(slept) == 1 else None
        if len(slept) >= 3:
            enough.set()
            await asyncio.Event().wait()

    keys = world.keys(sleep=sleep)
    await keys.start()
    await enough.wait()
    assert slept == [300, 30, 300]
    assert len(world.fetched_at) == 3
    await keys.close()


def test_unsound_issuers_are_refused_with_every_problem():
    bad = [
        Issuer(iss="a", kind="partner", jwks_uri="http://id.example/certs", audience="x"),
        Issuer(iss="a", kind="plant", jwks_uri="https://id.example/certs", audience="", algorithms=("HS256",)),
    ]
    with pytest.raises(ValueError, match="issuer `a` needs an https address") as caught:
        JwksKeys(bad, None)
    assert str(caught.value).split("; issuer ") == [
        "issuer `a` needs an https address of its keys; `http://id.example/certs` will not be fetched",
        "`a` is named twice",
        "`a` needs the audience its tokens must name",
        "`a` allows `HS256`, which is not an asymmetric signature we verify; "
        "use RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA",
    ]


async def test_without_any_key_the_issuer_is_asked_again_soon_and_then_less_often(world):
    world.answer = httpx.ConnectError("away")
    keys = world.keys(sleep=forever)
    for pause in (1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0):
        asked = len(world.fetched_at)
        with pytest.raises(KeysUnavailable):
            await keys.find(ISSUER, "a")
        assert len(world.fetched_at) == asked + 1
        world.now += pause - 0.01
        with pytest.raises(KeysUnavailable):
            await keys.find(ISSUER, "a")
        assert len(world.fetched_at) == asked + 1
        world.now += 0.02
    world.answer = None
    assert await keys.find(ISSUER, "a")
    await keys.close()
