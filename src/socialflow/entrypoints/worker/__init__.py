"""The worker fleet: the only package that knows Celery.

A message is a hint that a job row exists; the row is the truth (`kernel/jobs.py`). So a message may
be lost, doubled or late and nothing is, and whatever on a queue is not exactly such a hint is
dropped before Celery looks at it: one unreadable element would otherwise stop the whole worker.
A worker asked to stop lets its jobs run on for two seconds and then hands them back, unfinished
and uncounted.

    fleet       one worker: the parent process and its pool
      child     what a pool process does; knows nothing of Celery
    app         the Celery application; sending hints
    broker      the guarded way to Redis
    hint        what a hint is
"""

from socialflow.entrypoints.worker.app import celery_for, hint_sender
from socialflow.entrypoints.worker.broker import broker_url
from socialflow.entrypoints.worker.fleet import run
from socialflow.entrypoints.worker.hint import TASK, NoHint, read_hint

__all__ = ["TASK", "NoHint", "broker_url", "celery_for", "hint_sender", "read_hint", "run"]
