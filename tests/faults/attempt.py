"""A worker in a process that a test may kill: `python attempt.py JOB_ID`, or `everything`; prints what came of it."""

import asyncio
import os
import sys
import uuid

from tests.faults.transcoding import EVERYTHING, next_job

from socialflow.entrypoints.bootstrap import open_app
from socialflow.kernel import config, faults, jobs


async def main() -> None:
    settings = config.load()
    faults.arm(os.environ.get(faults.VARIABLE, ""), environment=settings.environment)
    async with open_app(settings) as app:
        if sys.argv[1] != EVERYTHING:
            print(await jobs.execute(app, uuid.UUID(sys.argv[1])))
            return
        while (job := await next_job(app)) is not None:
            print(await jobs.execute(app, job), flush=True)


asyncio.run(main())
