"""One attempt at one job, in a process that a test may kill: `python attempt.py JOB_ID`; prints the outcome."""

import asyncio
import os
import sys
import uuid

from socialflow.entrypoints.bootstrap import open_app
from socialflow.kernel import config, faults, jobs


async def main() -> None:
    settings = config.load()
    faults.arm(os.environ.get(faults.VARIABLE, ""), environment=settings.environment)
    async with open_app(settings) as app:
        print(await jobs.execute(app, uuid.UUID(sys.argv[1])))


asyncio.run(main())
