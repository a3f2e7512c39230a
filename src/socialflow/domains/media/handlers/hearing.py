"""A program listens to a video and writes its captions."""

import asyncio

from socialflow.domains.media.events import CaptionsWanted
from socialflow.domains.media.schemas import HearingState
from socialflow.domains.media.service import benches, hearing, playlists, streams
from socialflow.kernel import logs
from socialflow.kernel.events import on
from socialflow.kernel.jobs import GiveUp, JobRun
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.encoder import SourceRefused
from socialflow.ports.glimpses import Glimpses
from socialflow.ports.speech import Speech, SpeechOff

TOLD_EVERY_S = 2.0

log = logs.named(__name__)


async def give_up(app: App, event: CaptionsWanted, code: str) -> None:
    """The last attempt has failed: the owner may ask again."""
    del code
    async with app.work(SYSTEM) as work:
        await hearing.tell(work, event.asset_id, HearingState.FAILED, 0.0, event.language)


@on(CaptionsWanted, queue="hearing", on_dead=give_up)
async def hear(app: App, event: CaptionsWanted, run: JobRun) -> None:
    """Listen, tell how far it is, and keep what was said."""
    async with app.work(SYSTEM) as work:
        await run.fence(work)
        standing = await hearing.standing(work, event.asset_id)
    made = await streams.made_of(app, event.asset_id)
    sound = playlists.sound(made.master) if made is not None else None
    if made is None or sound is None or standing["state"] != HearingState.WORKING:
        return
    heard = [0.0]
    seconds = await made.seconds(sound)
    async with benches.scratch(app) as job:
        await made.whole(sound, job.source)
        telling = asyncio.create_task(_tell(app, event, run, heard))
        try:
            transcript = await app.port(Speech).listen(
                await app.port(Glimpses).voice(job),
                seconds=seconds,
                language=event.language.partition("-")[0] if event.language else None,
                progress=lambda share: heard.__setitem__(0, share),
            )
        except SpeechOff as off:
            raise GiveUp("speech_off") from off
        except SourceRefused as refused:
            raise GiveUp(refused.code.value) from refused
        finally:
            telling.cancel()
            await asyncio.wait({telling})
    async with app.work(SYSTEM) as work:
        await run.fence(work)
        await hearing.write_down(work, event.asset_id, transcript)


async def _tell(app: App, event: CaptionsWanted, run: JobRun, heard: list[float]) -> None:
    """Now and then, if there is news; what cannot be told now is told with the next."""
    told = 0.0
    while True:
        await asyncio.sleep(TOLD_EVERY_S)
        if heard[0] <= told:
            continue
        try:
            async with app.work(SYSTEM) as work:
                await run.fence(work)
                await hearing.tell(work, event.asset_id, HearingState.WORKING, heard[0], event.language)
        except Exception as error:
            log.warning("progress_not_told", asset=str(event.asset_id), error=str(error)[:200])
            continue
        told = heard[0]
