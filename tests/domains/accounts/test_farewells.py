"""Mails about exports and the end of an account."""

from collections.abc import Awaitable, Callable

from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.lives import erase
from tests.factories.mails import read_letters

from socialflow.kernel.work import App

Deliver = Callable[..., Awaitable[int]]


async def subjects(app: App) -> list[tuple[str, str]]:
    return [(letter.to, letter.text) for letter in read_letters(app.settings.data_dir / "mail")]


async def test_whoever_leaves_is_told_until_when_they_can_come_back(app: App, ada: Person, deliver: Deliver) -> None:
    await ada.post("/me/erasure", {"handle": "ada"})
    await deliver(times=1)

    # Beside the letter that asks whether the address is theirs.
    ((to, said),) = [each for each in await subjects(app) if "/verify?" not in each[1]]
    assert to == "ada@example.org"
    assert f"{app.settings.public_url}/login" in said
    assert "UTC" in said


async def test_whoever_is_erased_is_told_once_and_then_forgotten(app: App, ada: Person, deliver: Deliver) -> None:
    await erase(app, ada)
    await deliver()

    told = [to for to, _ in await subjects(app)]
    assert told == ["ada@example.org"]
    async with app.sessions() as session:
        assert (await session.execute(text("SELECT mail_to FROM erasures"))).scalars().all() == [None]


async def test_an_export_that_is_ready_is_told_with_a_link_that_gives_nothing_away(
    app: App, ada: Person, deliver: Deliver
) -> None:
    await ada.post("/me/exports")
    await deliver(times=1)

    # Beside the letter that asks whether the address is theirs.
    ((to, said),) = [each for each in await subjects(app) if "/verify?" not in each[1]]
    assert to == "ada@example.org"
    assert f"{app.settings.public_url}/settings/privacy" in said
    assert "token=" not in said
