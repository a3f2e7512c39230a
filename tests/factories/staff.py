"""Staff for tests: roles beside the built-in ones, and who has them."""

from collections.abc import Awaitable, Callable
from typing import Any

from socialflow.domains.accounts import service as accounts
from socialflow.domains.accounts.schemas import RoleCreate
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App
from tests.factories.accounts import Person


async def make_role(app: App, name: str, *permissions: str, **policies: Any) -> None:
    """A role of an installation's own, known to this process at once."""
    async with app.work(SYSTEM) as work:
        body = RoleCreate(name=name, title=name.capitalize(), permissions=list(permissions), **policies)
        await accounts.make_role(work, body)
    await look(app)


async def look(app: App) -> None:
    """What two seconds would do: this process reads the table of roles."""
    async with app.work(SYSTEM) as work:
        await accounts.look(work)


async def of_role(
    app: App, person: Callable[..., Awaitable[Person]], handle: str, *permissions: str, **policies: Any
) -> Person:
    """Somebody whose role is their own."""
    await make_role(app, f"role_of_{handle}", *permissions, **policies)
    return await person(handle, role=f"role_of_{handle}")


async def role_of(app: App, who: Person) -> str:
    """The role that somebody has in the table."""
    async with app.work(SYSTEM) as work:
        return (await accounts.by_login(work, who.handle)).role


def uuid_of(who: Person) -> Any:
    """The id inside of an account's id."""
    return ids.parse("acc", who.id)
