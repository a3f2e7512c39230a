"""What is waiting is told by the process whose metrics are read, without anybody asking for it."""

import asyncio
from pathlib import Path

import httpx2
from prometheus_client.parser import text_string_to_metric_families
from tests.factories.instance import free_port
from tests.factories.servers import serving

from socialflow.kernel.config import Settings
from socialflow.kernel.work import SYSTEM, App


async def gauges(url: str) -> dict[str, float]:
    async with httpx2.AsyncClient() as client:
        told = (await client.get(url)).text
    return {sample.name: sample.value for family in text_string_to_metric_families(told) for sample in family.samples}


async def test_the_gauges_are_filled_by_the_api_itself(app: App, settings: Settings, tmp_path: Path) -> None:
    async with app.work(SYSTEM) as work:
        work.note("staff:everybody:signed_out")
    port = free_port()
    async with serving(settings, tmp_path / "api.log", SF_OBSERVABILITY__METRICS_PORT=str(port)):
        async with asyncio.timeout(20):
            while (await gauges(f"http://127.0.0.1:{port}/metrics")).get("socialflow_audit_length", 0) < 1:
                await asyncio.sleep(0.2)
