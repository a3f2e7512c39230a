"""Whose turn it is: of what waits in a queue, what is due first."""

from tests.kernel.test_jobs import Toil, toil

from socialflow.kernel import jobs
from socialflow.kernel.jobs import Outcome
from socialflow.kernel.work import App

__all__ = ["toil"]


async def test_where_it_matters_a_hint_is_a_turn_for_what_is_due_first(app: App, toil: Toil) -> None:
    late, early, elsewhere, paused = [await toil.add() for _ in range(4)]
    await toil.set(late, "due_by = now() + interval '1 hour'")
    await toil.set(early, "due_by = now() - interval '1 hour'")
    await toil.set(elsewhere, "due_by = now() - interval '2 hours', queue = 'mail'")
    await toil.set(paused, "due_by = now() - interval '2 hours', run_after = now() + interval '1 minute'")

    assert await jobs.execute(app, late, first_of_queue=True) is Outcome.DONE
    assert [run.job_id for run in toil.runs] == [early]
    assert await jobs.execute(app, early, first_of_queue=True) is Outcome.DONE
    assert [run.job_id for run in toil.runs] == [early, late]
    assert await jobs.execute(app, early, first_of_queue=True) is Outcome.SKIPPED


async def test_the_job_of_a_silent_worker_keeps_its_place(app: App, toil: Toil) -> None:
    fresh, left = [await toil.add() for _ in range(2)]
    gone = "state = 'running', lease_until = now() - interval '1 second', due_by = now() - interval '1 hour'"
    await toil.set(left, gone)

    assert await jobs.execute(app, fresh, first_of_queue=True) is Outcome.DONE
    assert [run.job_id for run in toil.runs] == [left]
