"""What every fetcher promises, over real sockets."""

import asyncio
import datetime as dt
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.factories.elsewhere import HERE, Asked, elsewhere, head, saying

from socialflow.adapters.fetching.guarded import GuardedFetcher
from socialflow.ports.fetching import (
    AddressRefused,
    Answer,
    AnswerRefused,
    AnswerTooLarge,
    Ask,
    Fetcher,
    TimedOut,
    Unreachable,
)


async def body_of(answer: Answer) -> bytes:
    return b"".join([chunk async for chunk in answer.chunks])


async def fetched(fetcher: Fetcher, ask: Ask) -> bytes:
    async with fetcher.open(ask) as answer:
        return await body_of(answer)


async def test_an_answer_comes_with_status_headers_and_body(monkeypatch: pytest.MonkeyPatch) -> None:
    # Nobody listens there: what the environment names is not asked.
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with elsewhere(saying(b"words", ETag='"one"')) as server:
        async with server.fetcher().open(Ask(server.url("/a?b=c#d"), headers={"Range": "bytes=3-"})) as answer:
            assert (answer.status, answer.length, answer.headers["etag"]) == (200, 5, '"one"')
            assert await body_of(answer) == b"words"
            assert answer.url == server.url("/a?b=c")
        asked = server.asked[0]
    assert (asked.method, asked.target, asked.headers["range"]) == ("GET", "/a?b=c", "bytes=3-")
    assert asked.headers["host"] == f"127.0.0.1:{server.port}"
    assert asked.headers["accept-encoding"] == "identity"
    assert not {"cookie", "authorization", "referer"} & asked.headers.keys()


async def test_a_name_is_resolved_once_and_its_judged_address_connected_to() -> None:
    answers = [["127.0.0.1"], ["169.254.169.254"]]

    async def rebinding(host: str) -> list[str]:
        assert host == "example.org"
        return answers.pop(0)

    async with elsewhere(saying()) as server:
        fetcher = GuardedFetcher(ports=[server.port], allowed=[HERE], resolver=rebinding)
        assert await fetched(fetcher, Ask(server.url(host="example.org"))) == b"hello"
        assert len(answers) == 1
        assert server.asked[0].headers["host"] == f"example.org:{server.port}"


async def test_the_next_address_is_tried_where_nobody_listens_at_the_first() -> None:
    async with elsewhere(saying()) as server:
        assert (
            await fetched(
                server.fetcher("::1", "127.0.0.1", allowed=(HERE, "::1/128")), Ask(server.url(host="a.example"))
            )
            == b"hello"
        )


async def test_redirects_are_followed_and_counted_and_tell_no_secrets() -> None:
    async def reply(asked: Asked, writer: asyncio.StreamWriter) -> None:
        number = int(asked.target[1:])
        to = f"http://b.example:{server.port}/2" if number == 1 else f"/{number + 1}"
        writer.write(head(200, Content_Length="2") + b"ok" if number == 3 else head(302, Location=to))

    async with elsewhere(reply) as server:
        ask = Ask(server.url("/1", "a.example"), headers={"Authorization": "secret", "Range": "bytes=1-"})
        assert await fetched(server.fetcher(), ask) == b"ok"
        assert ["authorization" in asked.headers for asked in server.asked] == [True, False, False]
        assert all(asked.headers["range"] == "bytes=1-" for asked in server.asked)

        with pytest.raises(AnswerRefused):
            await fetched(server.fetcher(), Ask(server.url("/4")))
        with pytest.raises(AnswerRefused):
            await fetched(server.fetcher(), Ask(server.url("/1"), method="POST", body=b"x"))


async def test_what_is_posted_arrives() -> None:
    async with elsewhere(saying(status=204, Content_Length="0")) as server:
        async with server.fetcher().open(Ask(server.url("/hook"), method="POST", body=b"{}")) as answer:
            assert answer.status == 204
        assert (server.asked[0].method, server.asked[0].headers["content-length"]) == ("POST", "2")


async def test_more_than_was_asked_for_is_refused_whatever_was_said() -> None:
    async def endless(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(head(Connection="close"))
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    for reply in (saying(b"x" * 101), endless):
        async with elsewhere(reply) as server:
            with pytest.raises(AnswerTooLarge):
                await fetched(server.fetcher(), Ask(server.url(), max_bytes=100))


async def test_a_compressed_answer_is_not_unpacked() -> None:
    async with elsewhere(saying(b"\x1f\x8b" + b"x" * 50, Content_Encoding="gzip")) as server:
        with pytest.raises(AnswerRefused):
            await fetched(server.fetcher(), Ask(server.url()))


async def test_a_body_that_ends_too_early_is_noticed() -> None:
    async with elsewhere(saying(b"half", Content_Length="8")) as server:
        with pytest.raises(Unreachable):
            await fetched(server.fetcher(), Ask(server.url()))


async def test_nobody_at_home_is_unreachable() -> None:
    async with elsewhere(saying()) as server:
        fetcher, url = server.fetcher(), server.url()
    with pytest.raises(Unreachable):
        await fetched(fetcher, Ask(url))


@pytest.mark.parametrize("kind", ["silent", "slow_head", "endless_head", "informing", "dripping", "stalling", "slow"])
async def test_slowness_of_every_kind_ends_soon(kind: str) -> None:
    async def reply(asked: Asked, writer: asyncio.StreamWriter) -> None:
        drop = {"slow_head": b"X-A: b\r\n", "endless_head": b"X-A: " + b"b" * 9_000 + b"\r\n"}.get(kind, b"x")
        if kind == "informing":
            drop = b"HTTP/1.1 103 Wait\r\n\r\n"
        elif kind in {"dripping", "stalling", "slow"}:
            writer.write(head(Content_Length="1000000"))
        elif kind != "silent":
            writer.write(b"HTTP/1.1 200 OK\r\n")
        while kind not in {"silent", "stalling"}:
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(0.01)
        await asyncio.sleep(5)

    bounds = {"head_seconds": 0.3, "total_seconds": 0.4, "stall_seconds": 5.0}
    if kind == "stalling":
        bounds = {"stall_seconds": 0.3}
    elif kind == "slow":
        bounds = {"stall_seconds": 0.3, "least_rate": 10_000.0}
    async with elsewhere(reply) as server:
        with pytest.raises(Unreachable if kind == "endless_head" else TimedOut):
            async with asyncio.timeout(3):
                await fetched(server.fetcher(), Ask(server.url(), **bounds))


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate for a name, signed by its own key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pem, secret


async def test_tls_proves_the_name_although_an_address_is_connected_to(tmp_path: Path) -> None:
    pem, secret = certificate(tmp_path, "good.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    told: list[str | None] = []
    context.sni_callback = lambda _, name, __: told.append(name)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head(Content_Length="2") + b"ok")
        await writer.drain()
        writer.close()

    async def resolve(host: str) -> list[str]:
        del host
        return ["127.0.0.1"]

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    trust = ssl.create_default_context(cafile=str(pem))
    fetcher = GuardedFetcher(ports=[port], allowed=[HERE], resolver=resolve, trust=trust)
    try:
        assert await fetched(fetcher, Ask(f"https://good.example:{port}/")) == b"ok"
        assert told == ["good.example"]
        with pytest.raises(Unreachable):
            await fetched(fetcher, Ask(f"https://other.example:{port}/"))
        with pytest.raises(Unreachable):
            await fetched(fetcher, Ask(f"https://127.0.0.1:{port}/"))
    finally:
        server.close()


async def test_a_proxy_is_asked_for_the_judged_address_alone() -> None:
    async def resolve(host: str) -> list[str]:
        del host
        return ["127.0.0.3"]

    async with elsewhere(saying(b"by proxy")) as server:
        fetcher = GuardedFetcher(ports=[80], allowed=[HERE], resolver=resolve, proxy=server.url())
        assert await fetched(fetcher, Ask("http://good.example/a")) == b"by proxy"
        asked = server.asked[0]
        assert (asked.target, asked.headers["host"]) == ("http://127.0.0.3/a", "good.example")

        strict = GuardedFetcher(ports=[80], resolver=resolve, proxy=server.url())
        with pytest.raises(AddressRefused):
            await fetched(strict, Ask("http://good.example/a"))
        assert len(server.asked) == 1
