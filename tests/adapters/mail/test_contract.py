"""What every mailer does alike."""

from dataclasses import replace

import pytest
from tests.adapters.mail.conftest import Bench
from tests.factories.mails import Letter

from socialflow.ports.mail import MailRefused, Message

MESSAGE = Message(
    to="ada@example.org",
    subject="Grüße an Ada, 你好",
    text="Zeile eins\n.\nZeile drei, die mit einem Punkt allein darüber.\n\n" + "lang " * 400 + "\n",
    html="<p>Zeile eins &amp; <a href='https://video.example.org/x?a=1&amp;b=2'>mehr</a></p>\n",
    headers={"Content-Language": "de"},
)
SUBJECTS = ["a\r\nBcc: eve@example.org", "a\nb", "a\rb", "a\0b", "a\u2028b", "a\x1b[31m", "", " ", "x" * 8192]
ADDRESSES = [
    "ada@example.org\r\nBcc: eve@example.org",
    "ada@example.org\nRCPT TO:<eve@example.org>",
    "ada@example.org, eve@example.org",
    "ada@example.org> SIZE=1 <eve@example.org",
    "Ada <ada@example.org>",
    "ada",
    "@example.org",
    "ada@",
    "",
    "a" * 8192 + "@example.org",
]
HEADERS = [
    {"X-Name\r\nBcc": "eve@example.org"},
    {"X-Name": "a\r\nBcc: eve@example.org"},
    {"X-Name": "a\nb"},
    {"X Name": "a"},
    {"X-Name": "ü"},
    {"X-Name": "x" * 8192},
]


async def test_what_is_sent_arrives_as_it_was(bench: Bench) -> None:
    await bench.mailer.send(MESSAGE)

    found = bench.last()
    if isinstance(found, str):
        assert found.startswith("To: ada@example.org\nSubject: Grüße an Ada, 你好\n\nZeile eins\n.\n")
        return
    assert isinstance(found, Letter)
    assert (found.to, found.subject) == (MESSAGE.to, MESSAGE.subject)
    assert found.text == MESSAGE.text
    assert found.html == MESSAGE.html
    assert found.headers["auto-submitted"] == "auto-generated"
    assert found.headers["content-language"] == "de"


async def test_many_messages_are_as_many_messages(bench: Bench) -> None:
    for number in range(20):
        await bench.mailer.send(replace(MESSAGE, subject=f"number {number}"))

    found = bench.last()
    assert (found.count("Subject: ") if isinstance(found, str) else found.subject) in {20, "number 19"}


@pytest.mark.parametrize("subject", SUBJECTS, ids=range(len(SUBJECTS)))
async def test_a30_a_subject_that_is_not_one_line_is_refused(bench: Bench, subject: str) -> None:
    with pytest.raises(MailRefused):
        await bench.mailer.send(replace(MESSAGE, subject=subject))


@pytest.mark.parametrize("to", ADDRESSES, ids=range(len(ADDRESSES)))
async def test_a30_an_address_that_is_not_one_address_is_refused(bench: Bench, to: str) -> None:
    with pytest.raises(MailRefused):
        await bench.mailer.send(replace(MESSAGE, to=to))


@pytest.mark.parametrize("headers", HEADERS, ids=range(len(HEADERS)))
async def test_a30_a_header_that_starts_another_is_refused(bench: Bench, headers: dict[str, str]) -> None:
    with pytest.raises(MailRefused):
        await bench.mailer.send(replace(MESSAGE, headers=headers))


async def test_an_address_beyond_ascii_arrives(bench: Bench) -> None:
    await bench.mailer.send(replace(MESSAGE, to="jürgen@example.org"))

    found = bench.last()
    assert (found.splitlines()[0] if isinstance(found, str) else found.to).endswith("jürgen@example.org")


async def test_a_domain_beyond_ascii_is_written_in_ascii(bench: Bench) -> None:
    await bench.mailer.send(replace(MESSAGE, to="ada@bücher.example"))

    found = bench.last()
    expected = "ada@bücher.example" if isinstance(found, str) else "ada@xn--bcher-kva.example"
    assert expected in (found if isinstance(found, str) else found.to)
