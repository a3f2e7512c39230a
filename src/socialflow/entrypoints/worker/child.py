"""What one pool process does: it holds an event loop and an App for its life, and runs one job after another."""

import asyncio
import signal
import uuid
from contextlib import AsyncExitStack

from socialflow.entrypoints.bootstrap import open_app
from socialflow.kernel import db, jobs, logs
from socialflow.kernel.config import Settings
from socialflow.kernel.work import App
from socialflow.ports.encoder import Encoder

CLAIM_PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
STOP_SIGNAL = signal.SIGUSR2  # billiard has taken the other one

log = logs.named(__name__)


class Child:
    """One pool process; `slice_seconds` is how long a job may run before it is handed back, to go on elsewhere.

    One that `chooses` takes a hint as a turn: what of its queue is due first is done.
    """

    def __init__(
        self, settings: Settings, *, slice_seconds: float | None, grace_seconds: float, chooses: bool = False
    ) -> None:
        self._settings = settings
        self._chooses = chooses
        self._grace = grace_seconds
        self._slice = slice_seconds
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self._task: asyncio.Task[jobs.Outcome] | None = None
        self._app = self._runner.run(self._open())
        self._runner.get_loop().add_signal_handler(STOP_SIGNAL, self._hand_back_soon)

    def run(self, job_id: uuid.UUID) -> None:
        """Run one job to whatever end; never raises for what the job did."""
        self._runner.run(self._run(job_id))

    def close(self) -> None:
        """Close the App and the loop."""
        self._runner.run(self._stack.aclose())
        self._runner.close()

    async def _open(self) -> App:
        app = await self._stack.enter_async_context(open_app(self._settings))
        if self._chooses and self._settings.media.hardware != "off":
            health = await app.port(Encoder).health()
            log.info("hardware_tried", in_use=health.hardware or "none", problems=health.hardware_problems)
        return app

    async def _run(self, job_id: uuid.UUID) -> None:
        logs.unbind()
        logs.bind(role="worker")
        for pause in (*CLAIM_PAUSES, None):
            try:
                await self._attempt(job_id)
                return
            except Exception as error:
                # Only the claim can raise, for want of a database: wait a little, then leave it to the sweeper.
                if pause is None or db.as_problem(error) is None:
                    log.exception("claim_failed", job_id=str(job_id))
                    return
                await asyncio.sleep(pause)

    async def _attempt(self, job_id: uuid.UUID) -> None:
        task = self._task = asyncio.create_task(jobs.execute(self._app, job_id, first_of_queue=self._chooses))
        loop = asyncio.get_running_loop()
        limit = loop.call_later(self._slice, task.cancel) if self._slice is not None else None
        try:
            await task
        except asyncio.CancelledError:
            log.info("job_handed_back", job_id=str(job_id))
        finally:
            self._task = None
            if limit is not None:
                limit.cancel()

    def _hand_back_soon(self) -> None:
        asyncio.get_running_loop().call_later(self._grace, self._hand_back)

    def _hand_back(self) -> None:
        if self._task is not None:
            self._task.cancel()
