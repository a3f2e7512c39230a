"""What people do with the links of their mails."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import httpx2

from tests.factories.mails import Letter

Mails = Callable[[], list[Letter]]
PATHS = {
    "/verify": "/auth/verify-email",
    "/email/confirm": "/auth/email-change/confirm",
    "/email/undo": "/auth/email-change/undo",
}


def token_of(letter: Letter) -> str:
    """The token in a mail's link."""
    return parse_qs(urlsplit(letter.link).query)["token"][0]


def letters_to(mails: Mails, address: str, page: str) -> list[Letter]:
    """The mails to an address whose link leads to a page, the oldest first; one that came twice counts once."""
    found = [each for each in mails() if each.to == address and f"{page}?token=" in each.text]
    return list({letter.headers["message-id"]: letter for letter in found}.values())


async def follow(client: httpx2.AsyncClient, letter: Letter) -> httpx2.Response:
    """Do what the button on the link's page does."""
    path = PATHS[urlsplit(letter.link).path]
    return await client.post(f"/api/v1{path}", json={"token": token_of(letter)})


async def reset(client: httpx2.AsyncClient, letter: Letter, password: str) -> httpx2.Response:
    """Choose a password by a link."""
    body = {"token": token_of(letter), "password": password}
    return await client.post("/api/v1/auth/password-reset/confirm", json=body)


async def log_in(client: httpx2.AsyncClient, login: str, password: str) -> httpx2.Response:
    """Try to log in."""
    return await client.post("/api/v1/auth/login", json={"login": login, "password": password})
