"""The client for addresses of partners, against real sockets with bad manners."""

import asyncio
import ssl
import time
from ipaddress import ip_network

import pytest
from support.partner_server import Heard, hangs_up, identity, partner_server, says

from gateway.egress.client import Answer, Egress, NoAnswer, Times
from gateway.egress.guard import Resolve
from gateway.egress.trust import ClientCertificate, Trust, pin_of, tls_context

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
SERVER = identity("server.example")
STRANGER = identity("stranger.example")
PINNED = Trust(pins=frozenset({pin_of(SERVER.der)}))
BODY = b'{"a": 1}'


async def call(url: str, listed=LOOPBACK, *, resolve: Resolve | None = None, authorities=None, content=BODY, **more):
    egress = Egress(listed, resolve=resolve, authorities=authorities)
    try:
        return await egress.post(url, content, {"Content-Type": "application/json"}, **more)
    finally:
        await egress.close()


def at(*addresses: str) -> Resolve:
    async def resolve(_host: str, _port: int) -> list[str]:
        return list(addresses)

    return resolve


async def refusal(url: str, **more) -> NoAnswer:
    with pytest.raises(NoAnswer) as caught:
        await call(url, **more)
    return caught.value


async def test_what_is_posted_arrives_and_the_answer_comes_back() -> None:
    async with partner_server(says(200, b"thanks", x_note="a")) as server:
        answer = await call(f"http://127.0.0.1:{server.port}/in?x=1")
    assert answer.status == 200
    assert answer.content == b"thanks"
    assert answer.complete
    assert answer.header("x-note") == "a"
    assert answer.header("absent") is None
    heard = server.heard[0]
    assert (heard.path, heard.body) == ("/in?x=1", BODY)
    assert heard.headers["host"] == f"127.0.0.1:{server.port}"
    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["accept-encoding"] == "identity"


async def test_a_body_of_many_pieces_arrives_whole() -> None:
    content = bytes(range(256)) * 4096
    async with partner_server(says(204)) as server:
        await call(f"http://127.0.0.1:{server.port}/", content=content)
    assert server.heard[0].body == content


async def test_a_local_listener_is_not_called_unless_its_network_is_listed() -> None:
    async with partner_server(says(200)) as server:
        spellings = [
            "127.0.0.1", "localhost", "2130706433", "0x7f000001", "0x7f.1", "127.1", "0", "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
        ]  # fmt: skip
        for host in spellings:
            error = await refusal(f"http://{host}:{server.port}/", listed=())
            assert not error.maybe_sent
            assert "GATEWAY_EGRESS_NETWORKS" in error.why
        assert server.connections == 0
        assert (await call(f"http://2130706433:{server.port}/")).status == 200


async def test_one_forbidden_address_among_good_ones_forbids_the_host() -> None:
    error = await refusal("http://mixed.example/", resolve=at("1.1.1.1", "10.0.0.5"))
    assert error.why == "mixed.example is at 10.0.0.5 (private), which GATEWAY_EGRESS_NETWORKS does not list"
    assert not error.maybe_sent


async def test_a_name_that_changes_its_address_after_the_check_is_not_asked_again() -> None:
    asked: list[str] = []

    async def flips(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    async with partner_server(says(200)) as server:
        url = f"http://rebinding.example:{server.port}/"
        egress = Egress(LOOPBACK, resolve=flips)
        assert (await egress.post(url, BODY, {})).status == 200
        assert asked == ["rebinding.example"]
        assert (await egress.post(url, BODY, {})).status == 200  # the connection that was checked, kept
        assert asked == ["rebinding.example"]
        await egress.close()
        with pytest.raises(NoAnswer, match="metadata"):
            await Egress(LOOPBACK, resolve=flips).post(url, BODY, {})
        assert [heard.headers["host"] for heard in server.heard] == [f"rebinding.example:{server.port}"] * 2


async def test_a_redirect_is_an_answer_and_not_followed() -> None:
    async with partner_server(says(200)) as inner, partner_server(says(200)) as server:
        server.manners = says(307, location=f"http://127.0.0.1:{inner.port}/")
        answer = await call(f"http://127.0.0.1:{server.port}/")
        assert answer.status == 307
        assert inner.connections == 0


async def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    async with partner_server(says(200)) as proxy, partner_server(says(201)) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert (await call(f"http://127.0.0.1:{server.port}/")).status == 201
        assert proxy.connections == 0


@pytest.mark.parametrize(
    "url", ["ftp://a.example/", "https:///x", "https://user:pass@a.example/", "http://[::1/", "file:///etc/passwd", "x"]
)
async def test_what_is_no_address_to_call_is_said_to_be_none(url: str) -> None:
    error = await refusal(url)
    assert error.why.startswith("the address is none")
    assert "pass@" not in error.why
    assert not error.maybe_sent


async def test_a_closed_port_a_silent_name_and_a_missing_name_were_sent_nothing() -> None:
    async with partner_server(says(200)) as server:
        port = server.port
    assert not (await refusal(f"http://127.0.0.1:{port}/")).maybe_sent

    async def hangs(_host: str, _port: int) -> list[str]:
        await asyncio.sleep(60)
        return []

    async def missing(_host: str, _port: int) -> list[str]:
        raise OSError(-2, "Name or service not known")

    short = Times(connect=0.1, stall=1, total=2)
    error = await refusal("http://slow.example/", resolve=hangs, times=short)
    assert (error.why, error.maybe_sent) == ("slow.example: the name was not resolved in time", False)
    error = await refusal("http://gone.example/", resolve=missing)
    assert error.why == "gone.example: the name does not resolve: Name or service not known"
    assert not error.maybe_sent


async def test_a_dead_address_leaves_time_for_the_next() -> None:
    async with partner_server(says(200)) as server:
        assert (await call(f"http://two.example:{server.port}/", resolve=at("127.0.0.2", "127.0.0.1"))).status == 200


async def test_a_connection_cut_before_the_request_sent_nothing_and_after_it_may_have() -> None:
    async def refuses_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.transport.abort()

    listener = await asyncio.start_server(refuses_tls, "127.0.0.1", 0)
    async with listener:
        error = await refusal(f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}/")
        assert error.why == "127.0.0.1: it ended the connection while TLS was agreed"
        assert not error.maybe_sent
    async with partner_server(hangs_up) as server:
        error = await refusal(f"http://127.0.0.1:{server.port}/")
        assert error.maybe_sent
        assert server.heard


async def test_a_server_that_says_nothing_and_one_that_drips_end_at_their_deadlines() -> None:
    async def silent(_: Heard, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    async def drips_head(_: Heard, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nx: ")
        await _drip(writer)

    times = Times(connect=1, stall=0.2, total=0.6)
    for manners, least in ((silent, 0.2), (drips_head, 0.6)):
        async with partner_server(manners) as server:
            started = time.monotonic()
            error = await refusal(f"http://127.0.0.1:{server.port}/", times=times)
            assert error.maybe_sent
            assert least <= time.monotonic() - started < 5


async def test_an_answer_whose_body_drips_breaks_off_or_is_huge_is_still_an_answer() -> None:
    async def drips(_: Heard, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 202 OK\r\ncontent-length: 100000\r\n\r\n")
        await _drip(writer)

    async def breaks_off(_: Heard, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 202 OK\r\ncontent-length: 10\r\n\r\nabc")
        await writer.drain()
        writer.close()

    async def floods(_: Heard, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 202 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    answers: list[Answer] = []
    for manners in (drips, breaks_off, floods):
        async with partner_server(manners) as server:
            url = f"http://127.0.0.1:{server.port}/"
            answers.append(await call(url, times=Times(stall=0.3, total=0.6), most_answer=1000))
    assert [answer.status for answer in answers] == [202, 202, 202]
    assert not any(answer.complete for answer in answers)
    assert answers[1].content == b"abc"
    assert answers[2].content == b"x" * 1000


async def test_a_head_without_end_is_given_up() -> None:
    async def endless(_: Heard, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"x-more: " + b"y" * 1000 + b"\r\n")
            await writer.drain()

    async with partner_server(endless) as server:
        assert (await refusal(f"http://127.0.0.1:{server.port}/", times=Times(total=10))).maybe_sent


async def test_a_compressed_answer_is_not_unfolded() -> None:
    async with partner_server(says(200, b"\x1f\x8b bomb", content_encoding="gzip")) as server:
        assert (await call(f"http://127.0.0.1:{server.port}/")).content == b"\x1f\x8b bomb"


async def test_a_header_that_would_begin_a_second_request_is_not_sent() -> None:
    async with partner_server(says(200)) as server:
        egress = Egress(LOOPBACK)
        with pytest.raises(NoAnswer) as caught:
            await egress.post(f"http://127.0.0.1:{server.port}/", BODY, {"x": "a\r\n\r\nGET / HTTP/1.1"})
        await egress.close()
        assert not caught.value.maybe_sent
        assert not server.heard


async def test_tls_is_checked_for_the_name_although_the_address_is_connected_to() -> None:
    async with partner_server(says(200), tls=SERVER) as server:
        good, bad = f"https://server.example:{server.port}/", f"https://other.example:{server.port}/"
        here = at("127.0.0.1")
        assert (await call(good, resolve=here, authorities=SERVER.certificate)).status == 200
        assert server.names == ["server.example"]
        error = await refusal(bad, resolve=here, authorities=SERVER.certificate)
        assert error.why.startswith("other.example: its certificate is not believed: Hostname mismatch")
        assert not error.maybe_sent
        error = await refusal(good, resolve=here, authorities=STRANGER.certificate)
        assert error.why == "server.example: its certificate is not believed: self-signed certificate"
        assert not error.maybe_sent


async def test_a_pinned_certificate_is_believed_alone_and_before_anything_is_sent() -> None:
    pinned = Trust(pins=frozenset({pin_of(SERVER.der)}))
    async with partner_server(says(200), tls=SERVER) as server:
        assert (await call(f"https://any.example:{server.port}/", resolve=at("127.0.0.1"), trust=pinned)).status == 200
    async with partner_server(says(200), tls=STRANGER) as server:
        error = await refusal(
            f"https://stranger.example:{server.port}/",
            resolve=at("127.0.0.1"), trust=pinned, authorities=STRANGER.certificate,
        )  # fmt: skip
        assert error.why == "the server shows another certificate than the profile names"
        assert not error.maybe_sent
        assert not server.heard


async def test_callers_that_trust_differently_never_share_a_connection() -> None:
    async with partner_server(says(200), tls=SERVER) as server:
        egress = Egress(LOOPBACK)
        url = f"https://localhost:{server.port}/"
        assert (await egress.post(url, BODY, {}, trust=PINNED)).status == 200
        with pytest.raises(NoAnswer, match="not believed"):
            await egress.post(url, BODY, {})
        await egress.close()


async def test_our_certificate_is_shown_to_who_asks_for_it() -> None:
    ours = identity("ours.example")
    async with partner_server(says(200), tls=SERVER, clients=ours) as server:
        url = f"https://localhost:{server.port}/"
        trust = Trust(pins=PINNED.pins, client=ClientCertificate(ours.certificate, ours.key))
        assert (await call(url, trust=trust)).status == 200
        await refusal(url, trust=PINNED)
        assert len(server.heard) == 1
        missing = Trust(client=ClientCertificate(ours.certificate.with_name("absent"), ours.key))
        error = await refusal(url, trust=missing)
        assert error.why.startswith("our certificate for TLS cannot be used")
        assert not error.maybe_sent


@pytest.mark.parametrize("trust", [Trust(), PINNED])
def test_versions_before_tls_1_2_are_not_spoken(trust: Trust) -> None:
    assert tls_context(trust, None).minimum_version == ssl.TLSVersion.TLSv1_2


async def test_a_slow_partner_does_not_hold_up_the_others() -> None:
    async def slow(_: Heard, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    async with partner_server(slow) as bad, partner_server(says(200)) as good:
        egress = Egress(LOOPBACK)
        waiting = [asyncio.create_task(egress.post(f"http://127.0.0.1:{bad.port}/", BODY, {})) for _ in range(150)]
        await asyncio.sleep(0.2)
        async with asyncio.timeout(5):
            assert (await egress.post(f"http://127.0.0.1:{good.port}/", BODY, {})).status == 200
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await egress.close()


async def _drip(writer: asyncio.StreamWriter) -> None:
    for _ in range(100):
        writer.write(b"y")
        await writer.drain()
        await asyncio.sleep(0.05)
