"""The Celery application, and how a process that makes jobs sends hints of them."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence

from celery import Celery
from kombu import Queue

from socialflow.entrypoints.worker.broker import Connection, broker_url
from socialflow.entrypoints.worker.hint import PREFIX, TASK
from socialflow.kernel import logs
from socialflow.kernel.breaker import Breaker
from socialflow.kernel.config import Settings
from socialflow.kernel.events import QUEUES

GRACE_SECONDS = 2.0
# Of a sender: how long to wait for a broker that says nothing, and how long not to try again after that.
SEND_SECONDS, REST_SECONDS = 2.0, 5.0
LONG_QUEUES = frozenset({"media", "encode", "imports", "hearing"})
LONG_VISIBILITY, SHORT_VISIBILITY = 7_200, 300  # seconds until the broker gives an unacknowledged hint to another

log = logs.named(__name__)


def celery_for(settings: Settings, queues: Sequence[str] = QUEUES) -> Celery:
    """The Celery application that serves these queues."""
    long = bool(LONG_QUEUES & set(queues))
    visibility = LONG_VISIBILITY if long else SHORT_VISIBILITY
    share = "long" if long else "short"
    celery = Celery("socialflow", broker=broker_url(settings), set_as_current=False)
    celery.amqp.Connection = Connection
    celery.conf.update(
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "visibility_timeout": visibility,
            # Workers restore by their own timeout: a short one must not give away what a long one is busy with.
            "unacked_key": f"{PREFIX}unacked:{share}",
            "unacked_index_key": f"{PREFIX}unacked_index:{share}",
            "unacked_mutex_key": f"{PREFIX}unacked_mutex:{share}",
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_timeout": 10,
            "socket_connect_timeout": 2,
            "socket_keepalive": True,
            "health_check_interval": 10,
            "retry_on_timeout": True,
            # Of a sender: a hint is not worth waiting for.
            "max_retries": 1,
            "interval_start": 0.1,
            "interval_step": 0.1,
            "interval_max": 0.2,
        },
        task_queues=[Queue(PREFIX + name, routing_key=PREFIX + name) for name in queues],
        task_default_queue=PREFIX + "default",
        task_create_missing_queues=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        task_time_limit=visibility - 30,
        worker_prefetch_multiplier=1,
        worker_soft_shutdown_timeout=GRACE_SECONDS * 2,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_proc_alive_timeout=60,
        worker_max_tasks_per_child=None if long else 5_000,
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        accept_content=["json"],
        task_serializer="json",
        result_backend=None,
        enable_utc=True,
    )
    return celery


def hint_sender(settings: Settings) -> Callable[[str, list[uuid.UUID]], Awaitable[None]]:
    """`App.send_hints` for processes that make jobs. A hint that cannot be sent is left to the sweeper."""
    celery = celery_for(settings)
    celery.conf.broker_transport_options["socket_timeout"] = SEND_SECONDS
    breaker = Breaker(REST_SECONDS)

    def send(queue: str, job_ids: list[uuid.UUID]) -> None:
        with celery.producer_pool.acquire(block=True, timeout=5) as producer:
            for job_id in job_ids:
                celery.send_task(TASK, (str(job_id),), queue=PREFIX + queue, producer=producer, retry=False)

    async def send_hints(queue: str, job_ids: list[uuid.UUID]) -> None:
        if not breaker.admits():
            return
        try:
            await asyncio.to_thread(send, queue, job_ids)
            breaker.succeeded()
        except Exception as error:
            breaker.failed()
            log.warning("hints_not_sent", queue=queue, count=len(job_ids), error=str(error)[:200])

    return send_hints
