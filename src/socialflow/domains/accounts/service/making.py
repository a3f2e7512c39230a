"""From a request for an export to an archive that can be fetched."""

import uuid
from datetime import timedelta

from socialflow.domains.accounts.service import exports
from socialflow.domains.accounts.service.archive import Archive
from socialflow.kernel import faults, ids, personal
from socialflow.kernel.jobs import JobRun
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.storage import ObjectStore

# A kind of rows counts as much of the progress as this much of a file.
ROWS_WEIGH = 1024**2


async def make(app: App, export_id: uuid.UUID, run: JobRun) -> None:
    """Write the archive under a folder of this attempt's own, then let its owner fetch it.

    An attempt that was killed is begun anew; what it left behind goes with the folders that nobody names.
    """
    async with app.work(SYSTEM) as work:
        await run.fence(work)
        export = await exports.begin(work, export_id)
    if export is None:
        return
    account_id = export.account_id
    folder = f"{exports.folder_of(export_id)}{run.token}/"
    archive = Archive(app.port(ObjectStore), folder, app.clock())
    archive.index["account"] = ids.show("acc", account_id)

    files = [(kind, file) for kind, reader in personal.files.items() async for file in reader(app, account_id)]
    progress = _Progress(app, export_id, len(personal.exported()) * ROWS_WEIGH + sum(file.size for _, file in files))
    for holding in personal.exported():
        await archive.add_rows(str(holding.export), personal.rows(app, holding, account_id))
        await progress.add(ROWS_WEIGH)
        faults.point("export.rows")
    for kind, file in files:
        await archive.add_file(kind, file)
        await progress.add(file.size)
        faults.point("export.file")
    size = await archive.close()

    keep = timedelta(seconds=app.settings.privacy.export_keep_s)
    async with app.work(SYSTEM) as work:
        await run.fence(work)
        await exports.finish(work, export_id, folder=folder, size=size, keep=keep)


class _Progress:
    def __init__(self, app: App, export_id: uuid.UUID, whole: int) -> None:
        self._app, self._export_id, self._whole = app, export_id, max(whole, 1)
        self._done = self._told = 0

    async def add(self, part: int) -> None:
        """Count some more, and say so once it is a percent."""
        self._done += part
        percent = min(99, 100 * self._done // self._whole)
        if percent > self._told:
            self._told = percent
            async with self._app.work(SYSTEM) as work:
                await exports.progressed(work, self._export_id, percent)
