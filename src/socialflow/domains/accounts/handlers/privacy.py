"""Exports and erasures: making archives, forgetting them, and ending accounts whose time is over."""

import contextlib
import uuid

from socialflow.domains.accounts.events import AccountErased, AccountLeaving, ErasureDue, ExportAsked, ExportReady
from socialflow.domains.accounts.service import erasure, exports, farewells, making, oauth
from socialflow.kernel import personal
from socialflow.kernel.events import on
from socialflow.kernel.jobs import JobRun
from socialflow.kernel.schedule import every
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.storage import ObjectStore

SWEEP_BATCH = 500


async def give_up_export(app: App, event: ExportAsked, code: str) -> None:
    """The last attempt has failed: its owner may ask again, and nothing is left of it."""
    del code
    async with app.work(SYSTEM) as work:
        await exports.fail(work, event.export_id)
    await app.port(ObjectStore).delete_prefix(exports.folder_of(event.export_id))


@on(ExportAsked, on_dead=give_up_export)
async def make_export(app: App, event: ExportAsked, run: JobRun) -> None:
    """Put everything about somebody into an archive."""
    await making.make(app, event.export_id, run)


@every(minutes=10)
async def expire_exports(app: App) -> None:
    """Delete archives whose time is over."""
    while True:
        async with app.work(SYSTEM) as work:
            late = await exports.expire(work)
        for export_id in late:
            await app.port(ObjectStore).delete_prefix(exports.folder_of(export_id))
        if not late:
            return


@every(hours=24)
async def sweep_exports(app: App) -> None:
    """Delete pieces of archives that nobody will fetch: a worker died, or a delete failed."""
    store, found = app.port(ObjectStore), set[uuid.UUID]()
    async for info in store.list(exports.FOLDER):
        with contextlib.suppress(ValueError):
            found.add(uuid.UUID(info.key.split("/")[1]))
    wanted = sorted(found)
    for at in range(0, len(wanted), SWEEP_BATCH):
        async with app.work(SYSTEM) as work:
            gone = await exports.unknown_folders(work, wanted[at : at + SWEEP_BATCH])
        for export_id in gone:
            await store.delete_prefix(exports.folder_of(export_id))


@every(minutes=5)
async def begin_due_erasures(app: App) -> None:
    """Erase those whose time to come back is over."""
    async with app.work(SYSTEM) as work:
        await erasure.announce_due(work)


@on(ErasureDue)
async def erase_account(app: App, event: ErasureDue, run: JobRun) -> None:
    """Erase somebody, everywhere."""
    await erasure.erase(app, event.account_id, run)


@every(hours=24)
async def reapply_ledger(app: App) -> None:
    """Erase again whoever came back with a backup."""
    await erasure.reapply(app)


@personal.erases(step=80)
async def erase_apps(app: App, account_id: uuid.UUID) -> None:
    """Delete the apps of somebody, with what others have let them hold."""
    async with app.work(SYSTEM) as work:
        await oauth.erase_apps(work, account_id)


@personal.erases(step=90)
async def erase_exports(app: App, account_id: uuid.UUID) -> None:
    """Delete the archives that were made for somebody."""
    await erasure.erase_exports(app, account_id)


@on(AccountLeaving, queue="mail")
async def mail_leaving(app: App, event: AccountLeaving) -> None:
    """Tell somebody who leaves until when they can come back."""
    await farewells.tell_leaving(app, event.account_id, event.erase_after)


async def give_up_farewell(app: App, event: AccountErased, code: str) -> None:
    """The mail cannot be brought: the address goes all the same."""
    del code
    await farewells.forget(app, event.account_id)


@on(AccountErased, queue="mail", on_dead=give_up_farewell)
async def mail_erased(app: App, event: AccountErased) -> None:
    """Tell somebody who has left that nothing is kept of them any more."""
    await farewells.tell_erased(app, event.account_id)


@on(ExportReady, queue="mail")
async def mail_export_ready(app: App, event: ExportReady) -> None:
    """Tell somebody that their data waits for them."""
    await farewells.tell_export_ready(app, event.account_id, event.expires_at)
