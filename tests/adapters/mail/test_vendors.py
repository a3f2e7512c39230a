"""What is particular to each mailer: how it keeps, speaks, and tells a failure that passes from one that stays."""

import io
import ssl
import stat
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from tests.adapters.mail.conftest import PASSWORD, REPLY_TO, SENDER, USER, Post, SendGrid, authenticate, smtp_server
from tests.adapters.mail.test_contract import MESSAGE
from tests.factories.mails import read_letters

from socialflow.adapters.mail.console import ConsoleMailer
from socialflow.adapters.mail.maildir import MaildirMailer
from socialflow.adapters.mail.sendgrid import SendGridMailer
from socialflow.adapters.mail.smtp import SmtpMailer
from socialflow.ports.mail import MailFailed, MailRefused

Certificate = tuple[Path, ssl.SSLContext]


async def test_the_terminal_is_not_spoken_to_by_a_mail() -> None:
    out = io.StringIO()
    await ConsoleMailer(out).send(replace(MESSAGE, text="a\x1b[2Jb\n"))
    assert "\x1b" not in out.getvalue()


async def test_a_maildir_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    await MaildirMailer(tmp_path / "mail", sender=SENDER).send(MESSAGE)

    (path,) = (tmp_path / "mail" / "new").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "mail").stat().st_mode) == 0o700


async def test_our_own_name_may_have_commas_and_accents(tmp_path: Path) -> None:
    await MaildirMailer(tmp_path, sender=SENDER, reply_to=REPLY_TO).send(MESSAGE)

    (letter,) = read_letters(tmp_path)
    assert letter.headers["from"] == '"Tést, the Site" <no-reply@video.example.org>'
    assert letter.headers["reply-to"] == REPLY_TO
    assert letter.headers["message-id"].endswith("@video.example.org>")


async def test_a_mail_that_is_sent_again_is_known_by_its_message_id(tmp_path: Path) -> None:
    mailer = MaildirMailer(tmp_path, sender=SENDER)
    for key in ("abc", "abc", None, None):
        await mailer.send(replace(MESSAGE, key=key))

    found = [letter.headers["message-id"] for letter in read_letters(tmp_path)]
    assert found[:2] == ["<abc@video.example.org>"] * 2
    assert len(set(found)) == 3


async def test_a_maildir_that_cannot_be_written_may_be_writable_later(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(MailFailed):
        await MaildirMailer(tmp_path / "file" / "mail", sender=SENDER).send(MESSAGE)


async def test_starttls_and_a_log_in_come_before_the_mail(certificate: Certificate) -> None:
    trusted, context = certificate
    post = Post()
    options = {"tls_context": context, "require_starttls": True, "authenticator": authenticate, "auth_required": True}
    async with smtp_server(post, **options) as port:
        mailer = SmtpMailer("localhost", port=port, sender=SENDER, ca_file=trusted, user=USER, password=PASSWORD)
        await mailer.send(MESSAGE)
    assert post.letters[0].subject == MESSAGE.subject
    assert post.seen[0].ssl is not None
    assert post.seen[0].authenticated


async def test_tls_from_the_first_byte(certificate: Certificate) -> None:
    trusted, context = certificate
    post = Post()
    async with smtp_server(post, ssl_context=context) as port:
        mailer = SmtpMailer("localhost", port=port, tls="implicit", sender=SENDER, ca_file=trusted)
        await mailer.send(MESSAGE)
    assert len(post.letters) == 1


async def test_a_certificate_that_nobody_knows_gets_no_mail(certificate: Certificate) -> None:
    post = Post()
    async with smtp_server(post, ssl_context=certificate[1]) as port:
        with pytest.raises(MailFailed):
            await SmtpMailer("localhost", port=port, tls="implicit", sender=SENDER).send(MESSAGE)
    assert post.letters == []


async def test_a_server_without_starttls_gets_neither_password_nor_mail() -> None:
    post = Post()
    async with smtp_server(post) as port:
        with pytest.raises(MailFailed):
            await SmtpMailer("127.0.0.1", port=port, sender=SENDER, user=USER, password=PASSWORD).send(MESSAGE)
    assert post.letters == []


async def test_a_wrong_password_is_the_operators_to_mend(certificate: Certificate) -> None:
    trusted, context = certificate
    options = {"tls_context": context, "authenticator": authenticate, "auth_required": True}
    async with smtp_server(Post(), **options) as port:
        mailer = SmtpMailer("localhost", port=port, sender=SENDER, ca_file=trusted, user=USER, password="wrong")
        with pytest.raises(MailFailed):
            await mailer.send(MESSAGE)


@pytest.mark.parametrize(
    ("where", "answer", "expected"),
    [
        ("to_recipient", "550 no such mailbox", MailRefused),
        ("to_recipient", "450 greylisted", MailFailed),
        ("to_recipient", "530 log in first", MailFailed),
        ("to_data", "554 spam", MailRefused),
        ("to_data", "451 try later", MailFailed),
    ],
)
async def test_a_servers_no_is_for_ever_or_for_now(where: str, answer: str, expected: type[Exception]) -> None:
    post = Post(**{where: [answer]})
    async with smtp_server(post) as port:
        mailer = SmtpMailer("127.0.0.1", port=port, tls="none", sender=SENDER)
        with pytest.raises(expected):
            await mailer.send(MESSAGE)
        await mailer.send(MESSAGE)
    assert len(post.letters) == 1


async def test_a_server_that_is_away_may_come_back() -> None:
    async with smtp_server(Post()) as port:
        pass
    with pytest.raises(MailFailed):
        await SmtpMailer("127.0.0.1", port=port, tls="none", sender=SENDER).send(MESSAGE)


async def test_an_old_server_cannot_take_an_address_beyond_ascii() -> None:
    async with smtp_server(Post(), enable_SMTPUTF8=False) as port:
        mailer = SmtpMailer("127.0.0.1", port=port, tls="none", sender=SENDER)
        with pytest.raises(MailRefused):
            await mailer.send(replace(MESSAGE, to="jürgen@example.org"))


def sendgrid(grid: SendGrid, key: str = "SG.key") -> SendGridMailer:
    return SendGridMailer(key, sender=SENDER, reply_to=REPLY_TO, transport=httpx2.ASGITransport(app=grid.app))


async def test_sendgrid_is_told_who_writes_and_to_count_nothing() -> None:
    grid = SendGrid()
    await sendgrid(grid).send(MESSAGE)

    (body,) = grid.bodies
    assert body["from"] == {"email": "no-reply@video.example.org", "name": "Tést, the Site"}
    assert body["reply_to"] == {"email": REPLY_TO}
    assert not any(setting["enable"] for setting in body["tracking_settings"].values())


@pytest.mark.parametrize(
    ("status", "expected"),
    [(400, MailRefused), (413, MailRefused), (403, MailFailed), (429, MailFailed), (503, MailFailed)],
)
async def test_sendgrids_no_is_for_ever_or_for_now(status: int, expected: type[Exception]) -> None:
    grid = SendGrid(answers=[status])
    with pytest.raises(expected, match="told so"):
        await sendgrid(grid).send(MESSAGE)
    await sendgrid(grid).send(MESSAGE)
    assert len(grid.bodies) == 1


async def test_a_key_that_sendgrid_does_not_know_is_the_operators_to_mend() -> None:
    with pytest.raises(MailFailed):
        await sendgrid(SendGrid(), "SG.other").send(MESSAGE)


async def test_sendgrid_out_of_reach_may_come_back() -> None:
    with pytest.raises(MailFailed):
        await SendGridMailer("SG.key", sender=SENDER, url="http://127.0.0.1:1").send(MESSAGE)
