"""A31, A32, A33: an address that somebody gives us leads to nothing within our walls."""

import asyncio

import pytest
from tests.factories.elsewhere import Asked, Elsewhere, elsewhere, head, saying

from socialflow.adapters.fetching.guarded import GuardedFetcher
from socialflow.ports.fetching import AddressRefused, Ask, Fetcher, FetchFailure

# The loopback, the metadata of clouds, and other networks within, as people have disguised them.
SPELLINGS = [
    *(
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "017700000001",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.0.0.1.",
    ),
    *("127.000.000.001", "0", "0.0.0.0", "00", "127.255.255.254", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]"),
    *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]"),
    *("[2002:7f00:1::]", "[2001:0:7f00:1::]", "[fe80::1]", "[fe80::1%25eth0]", "[fc00::1]", "[fd00:ec2::254]"),
    *("[ff02::1]", "[fec0::1]", "[100::1]", "[2001:db8::1]", "[3fff::1]", "[5f00::1]", "169.254.169.254"),
    *("169.254.170.2", "2852039166", "0xa9fea9fe", "100.64.0.1", "100.100.100.200", "192.0.0.192", "168.63.129.16"),
    *("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "198.18.0.1", "224.0.0.1", "255.255.255.255"),
    *("localhost", "localhost.", "LOCALHOST", "a.localhost", "printer.local", "metadata.google.internal", "postgres"),
    *("router.lan", "x.home.arpa", "\u2460\u2461\u2466.0.0.1", "127\u30020\u30020\u30021", "\uff11\uff12\uff17.0.0.1"),
    *(
        "user@127.0.0.1",
        "good.example@127.0.0.1",
        "user:secret@good.example",
        "good.example#@127.0.0.1:22",
        "%31%32%37.1",
    ),
    *("127.0.0.1\\good.example", "good.example\\@127.0.0.1", "good.example\t", "a b", "", ".", "-a.example", "a..b"),
]
OTHERS = [
    *("ftp://good.example/", "file:///etc/passwd", "gopher://good.example/", "data:text/plain,x", "javascript:1"),
    *("//good.example/", "good.example", "http:/good.example", "http:good.example", "http://good.example:22/"),
    *("http://good.example:25/", "http://good.example:6379/", "http://good.example:5432/", "http://good.example:0/"),
    *(
        "http://good.example:99999/",
        "http://good.example:-1/",
        "http://good.example:80a/",
        "http://[::1",
        "http://\x00",
    ),
    *("http://good.example/\r\nHost: x", "http://" + "a" * 3_000 + ".example/", "http://" + "a." * 130 + "example/"),
]


async def nowhere(host: str) -> list[str]:
    """Whoever is asked for a name has gone too far."""
    raise AssertionError(host)


async def got(fetcher: Fetcher, url: str) -> bytes:
    async with fetcher.open(Ask(url, head_seconds=2)) as answer:
        return b"".join([chunk async for chunk in answer.chunks])


@pytest.mark.parametrize("number", range(len(SPELLINGS)))
async def test_a31_no_spelling_of_an_inner_host_is_reached(number: int) -> None:
    spelling = SPELLINGS[number]
    # What is written after the host of a good address is no host.
    resolver = nowhere
    if "#" in spelling:
        return await _a_fragment_is_no_host()
    for scheme in ("http", "https"):
        with pytest.raises(AddressRefused):
            await got(GuardedFetcher(resolver=resolver), f"{scheme}://{spelling}/latest/meta-data")
    return None


async def _a_fragment_is_no_host() -> None:
    asked: list[str] = []

    async def resolve(host: str) -> list[str]:
        asked.append(host)
        return ["10.0.0.1"]

    with pytest.raises(AddressRefused):
        await got(GuardedFetcher(resolver=resolve), "http://good.example#@127.0.0.1:22/")
    assert asked == ["good.example"]


@pytest.mark.parametrize("number", range(len(OTHERS)))
async def test_a31_other_schemes_ports_and_nonsense_are_refused_without_asking_anybody(number: int) -> None:
    with pytest.raises(AddressRefused):
        GuardedFetcher(resolver=nowhere).vet(OTHERS[number])
    with pytest.raises(AddressRefused):
        await got(GuardedFetcher(resolver=nowhere), OTHERS[number])


@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1",),
        ("169.254.169.254",),
        ("93.184.216.34", "127.0.0.1"),
        ("127.0.0.1", "93.184.216.34"),
        ("93.184.216.34", "::1"),
        ("2606:2800:220:1::1", "fd00::1"),
        ("::ffff:10.0.0.1",),
        ("fe80::1%lo",),
        ("not an address",),
        (),
    ],
    ids=str,
)
async def test_a31_a_name_with_one_inner_address_is_refused_before_any_connection(addresses: tuple[str, ...]) -> None:
    async with elsewhere(saying()) as server:
        fetcher = server.fetcher(*addresses or ("",), allowed=())
        with pytest.raises(AddressRefused):
            await got(fetcher, server.url(host="good.example"))
        await asyncio.sleep(0.01)
        assert server.connections == 0


async def test_a31_a_name_that_is_unknown_and_one_that_is_inside_look_the_same() -> None:
    async def unknown(host: str) -> list[str]:
        raise OSError(host)

    async def inside(host: str) -> list[str]:
        del host
        return ["10.0.0.1"]

    kinds = set()
    for resolver in (unknown, inside):
        with pytest.raises(FetchFailure) as refused:
            await got(GuardedFetcher(resolver=resolver), "http://good.example/")
        kinds.add(type(refused.value))
    assert kinds == {AddressRefused}


async def test_a31_this_machine_is_reached_only_where_the_operator_says_so() -> None:
    async with elsewhere(saying()) as server:
        for allowed in ((), ("10.0.0.0/8",), ("::1/128",)):
            with pytest.raises(AddressRefused):
                await got(server.fetcher(allowed=allowed), server.url())
        assert server.connections == 0
        with pytest.raises(AddressRefused):
            await got(server.fetcher(ports=(80, 443)), server.url())
        assert await got(server.fetcher(), server.url()) == b"hello"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "target",
    [
        *("http://169.254.169.254/", "http://[::1]/", "http://2852039166/", "http://10.0.0.1/", "file:///etc/passwd"),
        *("gopher://127.0.0.1/", "http://user@127.0.0.1/", "http://127.0.0.1:1/", "//inner.example/", "http://["),
    ],
)
async def test_a32_every_redirect_is_judged_as_the_first_address_was(status: int, target: str) -> None:
    async def reply(asked: Asked, writer: asyncio.StreamWriter) -> None:
        # The second hop is where it goes wrong.
        to = target if asked.target == "/2" else "/2"
        writer.write(head(status, Location=to, Content_Length="0"))

    async with elsewhere(reply) as server:

        async def resolve(host: str) -> list[str]:
            return ["10.0.0.1"] if host == "inner.example" else ["127.0.0.1"]

        fetcher = GuardedFetcher(ports=[server.port, 80], allowed=["127.0.0.0/8"], resolver=resolve)
        with pytest.raises(AddressRefused):
            await got(fetcher, server.url("/1"))
        assert [asked.target for asked in server.asked] == ["/1", "/2"]


async def test_a33_a_name_that_answers_anew_for_each_hop_is_judged_for_each() -> None:
    answers = [["127.0.0.1"], ["169.254.169.254"]]

    async def rebinding(host: str) -> list[str]:
        del host
        return answers.pop(0)

    async with elsewhere(saying(b"", 302, Location="/again")) as server:
        fetcher = GuardedFetcher(ports=[server.port], allowed=["127.0.0.0/8"], resolver=rebinding)
        with pytest.raises(AddressRefused):
            await got(fetcher, server.url(host="good.example"))
        assert (server.connections, answers) == (1, [])


async def test_a33_ten_gigabytes_are_refused_by_their_number() -> None:
    async with elsewhere(saying(b"", Content_Length=str(10 * 1024**3))) as server:
        with pytest.raises(FetchFailure):
            await got(server.fetcher(), server.url())


def test_the_server_of_these_tests_is_not_public() -> None:
    with pytest.raises(AddressRefused):
        GuardedFetcher(ports=[80]).vet(Elsewhere(80).url())
