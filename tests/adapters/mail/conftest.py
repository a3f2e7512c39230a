"""Every mailer with something real behind it, and a look at what arrived there."""

import asyncio
import io
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tests.factories.mails import Letter, parse, read_letters

from socialflow.adapters.mail.console import ConsoleMailer
from socialflow.adapters.mail.maildir import MaildirMailer
from socialflow.adapters.mail.sendgrid import SendGridMailer
from socialflow.adapters.mail.smtp import SmtpMailer
from socialflow.ports.mail import Mailer

SENDER = '"Tést, the Site" <no-reply@video.example.org>'
REPLY_TO = "help@video.example.org"
USER, PASSWORD = "mailer", "a password of no use"


@dataclass
class Post:
    """A mail server's handler: keeps what comes, and answers as it is told."""

    letters: list[Letter] = field(default_factory=list)
    to_recipient: list[str] = field(default_factory=list)
    to_data: list[str] = field(default_factory=list)
    seen: list[Session] = field(default_factory=list)

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, to: str, *___: Any) -> str:  # noqa: N802  # aiosmtpd's name
        if self.to_recipient:
            return self.to_recipient.pop(0)
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(self, _: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        if self.to_data:
            return self.to_data.pop(0)
        self.seen.append(session)
        assert isinstance(envelope.content, bytes)
        self.letters.append(parse(envelope.content))
        return "250 OK"


def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    good = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=good)


@asynccontextmanager
async def smtp_server(post: Post, *, ssl_context: ssl.SSLContext | None = None, **options: Any) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    options.setdefault("enable_SMTPUTF8", True)
    server = await loop.create_server(
        lambda: SMTP(post, loop=loop, hostname="localhost", **options), "127.0.0.1", 0, ssl=ssl_context
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate of 127.0.0.1 that nobody else trusts, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    chain, private = folder / "cert.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, private)
    return chain, context


@dataclass
class SendGrid:
    """SendGrid's endpoint, as far as its reference describes it: checks what it is sent, answers as it is told."""

    bodies: list[dict[str, Any]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    async def send(self, request: Request) -> Response:
        if request.headers.get("authorization") != "Bearer SG.key":
            return JSONResponse({"errors": [{"message": "Permission denied, wrong credentials"}]}, 401)
        if self.answers:
            status = self.answers.pop(0)
            return JSONResponse({"errors": [{"message": "told so", "field": None, "help": None}]}, status)
        body = await request.json()
        if (fault := self.fault_of(body)) is not None:
            return JSONResponse({"errors": [{"message": fault}]}, 400)
        self.bodies.append(body)
        return Response(status_code=202, headers={"X-Message-Id": "m"})

    @staticmethod
    def fault_of(body: dict[str, Any]) -> str | None:
        known = {"personalizations", "from", "reply_to", "subject", "content", "headers", "tracking_settings"}
        if set(body) - known or not {"personalizations", "from", "subject", "content"} <= set(body):
            return "members"
        if [part["type"] for part in body["content"]] != ["text/plain", "text/html"]:
            return "text/plain comes first"
        if not all(part["value"] for part in body["content"]):
            return "content is empty"
        if any(set(person) - {"email", "name"} for person in (body["from"], body.get("reply_to", {}))):
            return "person"
        if [set(to) for each in body["personalizations"] for to in each["to"]] != [{"email"}]:
            return "personalizations"
        return None

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/v3/mail/send", self.send, methods=["POST"])])

    def letter(self) -> Letter:
        body = self.bodies[-1]
        text, html = (part["value"] for part in body["content"])
        headers = {name.lower(): value for name, value in body["headers"].items()}
        return Letter(body["personalizations"][0]["to"][0]["email"], body["subject"], text, html, headers)


@dataclass
class Bench:
    """A mailer, and the last letter that came out at its other end."""

    kind: str
    mailer: Mailer
    last: Callable[[], Letter | str]


@pytest.fixture(params=["console", "maildir", "smtp", "sendgrid"])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    """Each mailer in turn."""
    match request.param:
        case "console":
            out = io.StringIO()
            yield Bench("console", ConsoleMailer(out), out.getvalue)
        case "maildir":
            folder = tmp_path / "data" / "mail"
            mailer = MaildirMailer(folder, sender=SENDER, reply_to=REPLY_TO)
            yield Bench("maildir", mailer, lambda: read_letters(folder)[-1])
        case "smtp":
            post = Post()
            async with smtp_server(post) as port:
                smtp = SmtpMailer("127.0.0.1", port=port, tls="none", sender=SENDER, reply_to=REPLY_TO, timeout=10)
                yield Bench("smtp", smtp, lambda: post.letters[-1])
        case _:
            grid = SendGrid()
            transport = httpx2.ASGITransport(app=grid.app)
            yield Bench(
                "sendgrid",
                SendGridMailer("SG.key", sender=SENDER, reply_to=REPLY_TO, transport=transport),
                grid.letter,
            )
