"""Mails: what they say, in which language, and how they are sent."""

import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po
from prometheus_client import REGISTRY
from sqlalchemy import text
from tests.factories.accounts import PASSWORD, Person
from tests.factories.mails import Letter

from socialflow.domains.accounts.service import mails as verbs
from socialflow.domains.accounts.service.mails import Mail, letters, rendering
from socialflow.domains.accounts.service.mails.kinds import VALUES
from socialflow.kernel import jobs, outbox
from socialflow.kernel.work import App
from socialflow.ports.mail import Mailer, MailFailed, MailRefused, Message

LINK = "http://localhost:8000/verify#token=abc&x=1"
URL = "http://localhost:8000"
TRANSLATED = [language for language in rendering.LANGUAGES if language != rendering.SOURCE]
SAMPLES = {
    "link": LINK,
    "email": "new@example.org",
    "device": "Firefox on Linux",
    "place": "Vienna, Austria",
    "when": "2026-11-25T18:00:00+00:00",
    "until": "2026-12-01T00:00:00Z",
    "factor": "totp",
    "left": "9",
    "name": "laptop {url} <script>alert(1)</script>",
    "provider": "Example ID",
    "app": "An <b>App</b>",
    "by": "Bob & Co",
    "handle": "ada",
    "reason": "First line.\n<i>Second</i> line.",
}
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
Mails = Callable[[], list[Letter]]


def rendered(kind: Mail, language: str = "en", **changed: str) -> Message:
    values = {name: SAMPLES[name] for name in VALUES[kind]} | changed
    return rendering.render(kind, to="ada@example.org", language=language, values=values, instance="Café", url=URL)


def words(html: str) -> str:
    """What a reader sees of a page, without the head and the preview line."""
    body = re.sub(r"<div style=\"display:none.*?</div>", "", html.partition("<body")[2], flags=re.DOTALL)
    plain = re.sub(r"<!--.*?-->|<[^>]*>", " ", body, flags=re.DOTALL)
    for name, letter in (("&lt;", "<"), ("&gt;", ">"), ("&#34;", '"'), ("&#39;", "'"), ("&amp;", "&")):
        plain = plain.replace(name, letter)
    return " ".join(plain.split())


def test_what_is_compiled_is_fresh() -> None:
    tool = Path(__file__).parents[3] / "tools" / "compile_mails.py"
    done = subprocess.run([sys.executable, tool, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_is_fetched_from_elsewhere_to_show_a_mail() -> None:
    page = (rendering.HERE / "templates" / "mail.html").read_text(encoding="utf-8")
    namespaces = page.replace("http://www.w3.org/1999/xhtml", "")
    assert not re.search(r"https?://|@import|<img|<link|<script", namespaces)


async def test_a_job_that_is_done_again_sends_the_same_mail_again(
    ada: Person, deliver: Callable[..., Awaitable[int]], mails: Mails
) -> None:
    for _ in range(2):
        await ada.http.post("/api/v1/auth/password-reset", json={"email": "ada@example.org"})
        await deliver()

    found = [letter.headers["message-id"] for letter in mails() if "/reset?token=" in letter.text]
    assert [found.count(each) for each in dict.fromkeys(found)] == [2, 2]


async def test_a_mail_arrives_in_text_and_html(app: App, mails: Mails) -> None:
    await verbs.send(app, Mail.VERIFY, to="ada@example.org", language="en", values={"link": LINK, "handle": "ada"})

    (letter,) = mails()
    assert letter.to == "ada@example.org"
    assert letter.subject == "Confirm your e-mail address"
    assert "Hello @ada," in letter.text
    assert letter.link == LINK
    assert 'href="http://localhost:8000/verify#token=abc&amp;x=1"' in letter.html
    assert letter.headers["from"] == "Social Flow <no-reply@localhost>"


async def test_values_that_are_missing_or_unknown_are_a_bug(app: App) -> None:
    with pytest.raises(ValueError, match="missing"):
        await verbs.send(app, Mail.VERIFY, to="ada@example.org", language="en", values={})
    with pytest.raises(ValueError, match="unknown"):
        await verbs.send(app, Mail.ERASED, to="ada@example.org", language="en", values={"link": LINK})
    with pytest.raises(ValueError, match="unknown"):
        rendered(Mail.ERASED, url="https://elsewhere.example.org")


def test_every_kind_has_a_letter_and_its_values() -> None:
    assert set(letters.LETTERS) == set(VALUES) == set(Mail)
    for kind, letter in letters.LETTERS.items():
        assert bool(letter.action) == ("link" in VALUES[kind]), kind


@pytest.mark.parametrize("kind", Mail)
@pytest.mark.parametrize("language", rendering.LANGUAGES)
def test_every_mail_says_the_same_in_text_and_html(kind: Mail, language: str) -> None:
    message = rendered(kind, language)

    seen = words(message.html)
    for line in message.text.splitlines():
        said = line.removeprefix("> ").rstrip(":").strip()
        if said not in {"", "--"} and not said.startswith("Café, "):
            assert " ".join(said.split()) in seen, said
    assert "Café" in message.text
    assert "<script" not in message.html
    assert "<b>App" not in message.html
    assert "{" not in message.text.replace("{url}", "")
    assert message.headers == {"Content-Language": language}


@pytest.mark.parametrize("kind", Mail)
def test_every_link_leads_to_us(kind: Mail) -> None:
    message = rendered(kind, **({"name": "x http://evil.example.org/y"} if "name" in VALUES[kind] else {}))

    found = re.findall(r"href=\"([^\"]*)\"", message.html)
    assert found
    assert all(link.startswith(f"{URL}/") or link == URL for link in found), found
    assert "src=" not in message.html


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example.org/x",
        "javascript:alert(1)",
        "http://localhost:8000.evil.example.org/x",
        "http://localhost:8000@evil.example.org/x",
        "http://localhost:8000/x\r\ny",
        "http://localhost:8000/x y",
        "",
        "http://localhost:8000/" + "x" * 8192,
    ],
)
def test_a_link_that_leads_elsewhere_is_a_bug(link: str) -> None:
    with pytest.raises(ValueError, match="link"):
        rendered(Mail.RESET, link=link)


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated_with_its_placeholders(language: str) -> None:
    with Path(rendering.HERE, "locale", f"{language}.po").open("rb") as file:
        catalogue = {str(entry.id): str(entry.string) for entry in read_po(file) if entry.id and not entry.fuzzy}

    assert set(catalogue) == set(letters.sentences())
    for sentence, translation in catalogue.items():
        assert translation, sentence
        assert placeholders(translation) == placeholders(sentence), translation
        assert translation != sentence or sentence == "", sentence


def placeholders(sentence: str) -> list[tuple[str | None, str | None, str | None]]:
    return sorted((name, spec, how) for _, name, spec, how in Formatter().parse(sentence) if name is not None)


def test_there_are_german_spanish_and_french() -> None:
    assert TRANSLATED == ["de", "es", "fr"]
    assert rendered(Mail.RESET, "de-AT").subject == "Wähle ein neues Passwort"
    assert rendered(Mail.RESET, "FR").subject == "Choisissez un nouveau mot de passe"
    for unknown in ("xx", "", "../de", "x" * 8192):
        assert rendered(Mail.RESET, unknown).subject == "Choose a new password"


def test_times_and_factors_are_told_in_the_language() -> None:
    assert "1. Dezember 2026" in rendered(Mail.SUSPENDED, "de").text
    assert "until further notice" in rendered(Mail.SUSPENDED, until="").text
    assert "une application d" in rendered(Mail.FACTOR_ADDED, "fr").text
    assert "a hardware thing" in rendered(Mail.FACTOR_ADDED, factor="a hardware thing").text


HOSTILE = ["a\r\nBcc: eve@example.org", "a\nb", "a\u2028b", "a\0b\x1b[31mc", "\u202eevil", "x" * 8192, "ünï 你好"]


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
async def test_a30_a_name_with_line_ends_makes_no_header(app: App, mails: Mails, value: str) -> None:
    hostile = replace(app, settings=app.settings.model_copy(update={"instance_name": value}))
    await verbs.send(hostile, Mail.APP_AUTHORIZED, to="ada@example.org", language="en", values={"app": value})

    (letter,) = mails()
    assert "bcc" not in letter.headers
    assert letter.subject.isprintable()
    assert len(letter.subject) < 300
    assert letter.headers["to"] == "ada@example.org"


async def test_a30_an_address_with_line_ends_ends_the_job(app: App, mails: Mails) -> None:
    with pytest.raises(jobs.GiveUp, match="mail_refused"):
        await verbs.send(app, Mail.ERASED, to="ada@example.org\r\nBcc: e@x.org", language="en", values={})
    assert mails() == []


class Moody:
    """A mail server that fails as often as it is told, and then takes what it is given."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.taken: list[Message] = []

    async def send(self, message: Message) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.taken.append(message)


def with_mailer(app: App, mailer: Mailer) -> App:
    return replace(app, ports={**app.ports, Mailer: mailer})


async def log_in_anew(app: App, ada: Person) -> str:
    """A log-in from a device that is new; the id of the job that tells of it."""
    query = text("SELECT id FROM jobs WHERE kind = 'accounts.warn_of_new_device'")

    async def relayed() -> set[str]:
        while await outbox.relay_once(app):
            pass
        async with app.sessions() as session:
            return set(await session.scalars(query))

    before = await relayed()
    body = {"login": ada.handle, "password": PASSWORD}
    assert (await ada.http.post("/api/v1/auth/login", json=body, headers={"User-Agent": FIREFOX})).status_code == 200
    (job_id,) = await relayed() - before
    return job_id


async def run_until_settled(app: App, job_id: str) -> list[jobs.Outcome]:
    outcomes = []
    while not outcomes or outcomes[-1] is jobs.Outcome.RETRY:
        async with app.sessions() as session, session.begin():
            await session.execute(text("UPDATE jobs SET run_after = now() WHERE id = :id"), {"id": job_id})
        outcomes.append(await jobs.execute(app, job_id))
    return outcomes


async def test_a_server_that_fails_twice_gets_the_mail_the_third_time(app: App, ada: Person) -> None:
    server = Moody(MailFailed("away"), MailFailed("busy"))
    failing = with_mailer(app, server)

    outcomes = await run_until_settled(failing, await log_in_anew(failing, ada))

    assert outcomes == [jobs.Outcome.RETRY, jobs.Outcome.RETRY, jobs.Outcome.DONE]
    assert [message.to for message in server.taken] == ["ada@example.org"]


async def test_a_server_that_is_away_for_long_does_not_cost_the_mail(app: App, ada: Person) -> None:
    server = Moody(*(MailFailed("away") for _ in range(app.settings.jobs.max_attempts + 3)))
    failing = with_mailer(app, server)
    assert (await run_until_settled(failing, await log_in_anew(failing, ada)))[-1] is jobs.Outcome.DONE
    assert len(server.taken) == 1


async def test_a_mail_that_is_refused_is_given_up_with_a_code(app: App, ada: Person) -> None:
    failing = with_mailer(app, Moody(MailRefused("550 no such mailbox")))
    job_id = await log_in_anew(failing, ada)
    refused = {"kind": "new_device", "outcome": "refused"}
    before = REGISTRY.get_sample_value("socialflow_mails_total", refused) or 0

    assert await run_until_settled(failing, job_id) == [jobs.Outcome.DEAD]

    async with app.sessions() as session:
        error = await session.scalar(text("SELECT error FROM jobs WHERE id = :id"), {"id": job_id})
    assert error == "mail_refused"
    assert REGISTRY.get_sample_value("socialflow_mails_total", refused) == before + 1
