"""What shared caches hold of files that are not everybody's any more is forgotten."""

import asyncio
import uuid

from socialflow.domains.accounts.events import AccountLeaving, AccountPrivacyChanged, SuspensionBegan
from socialflow.domains.media.events import AssetWithdrawn
from socialflow.domains.media.queries import people as queries
from socialflow.domains.media.service.delivery import BY_CDN, KEEP_SECONDS
from socialflow.kernel import ids, metrics
from socialflow.kernel.events import on
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.cdn import Cdn, CdnUnavailable

# nginx in front believes an answer for one second more, and an answer takes its time.
MARGIN_SECONDS = 2.0


@on(AssetWithdrawn)
async def purge_asset(app: App, event: AssetWithdrawn) -> None:
    """Have an asset's files forgotten."""
    await _purge(app, [event.asset_id])


@on(SuspensionBegan)
async def purge_suspended(app: App, event: SuspensionBegan) -> None:
    """Have the files of whoever is hidden forgotten."""
    await _purge_all_of(app, event.account_id)


@on(AccountLeaving)
async def purge_leaving(app: App, event: AccountLeaving) -> None:
    """The same for whoever leaves."""
    await _purge_all_of(app, event.account_id)


@on(AccountPrivacyChanged)
async def purge_private(app: App, event: AccountPrivacyChanged) -> None:
    """The same for whoever shows what they have made to followers alone from now on."""
    if event.is_private:
        await _purge_all_of(app, event.account_id)


async def _purge_all_of(app: App, account_id: uuid.UUID) -> None:
    if not app.port(Cdn).keeps:
        return
    async with app.work(SYSTEM) as work:
        found = await queries.files_of(work.db, account_id)
    await _purge(app, [asset_id for _, asset_id, _ in found])


async def _purge(app: App, asset_ids: list[uuid.UUID]) -> None:
    """Twice: for two seconds other processes may still say that the files are everybody's, and a cache hear it."""
    cdn = app.port(Cdn)
    if not cdn.keeps or not asset_ids:
        return
    for wait in (0.0, KEEP_SECONDS + MARGIN_SECONDS):
        await asyncio.sleep(wait)
        for asset_id in asset_ids:
            shown = ids.show("ast", asset_id)
            try:
                await cdn.purge(f"/media/{shown}/", shown)
                if cdn.signs:
                    await cdn.purge(f"{BY_CDN}{shown}/", shown)
            except CdnUnavailable:
                metrics.PURGES.labels("failed").inc()
                raise
            metrics.PURGES.labels("done").inc()
