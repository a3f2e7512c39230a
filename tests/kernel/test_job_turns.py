"""Whose turn it is: of what waits in a queue, what is due first; of those who share one, who has least at work."""

from typing import Any

from tests.kernel.test_jobs import Toil, toil

from socialflow.kernel import jobs, turns
from socialflow.kernel.jobs import HandedOn, JobRun, Outcome
from socialflow.kernel.turns import Waiting
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


async def test_whoever_has_least_at_work_is_served_first(app: App, toil: Toil) -> None:
    ones = [await toil.add(lane="one") for _ in range(3)]
    other = await toil.add(lane="other")
    await toil.set(ones[0], "state = 'running', lease_until = now() + interval '1 minute'")
    await toil.set(other, "due_by = now() + interval '1 hour'")

    for _ in range(3):
        await jobs.execute(app, ones[1], first_of_queue=True)
    assert [run.job_id for run in toil.runs] == [other, ones[1], ones[2]]


async def test_a_job_stands_in_the_way_of_who_would_be_served_instead(app: App, toil: Toil) -> None:
    mine, second, other = await toil.add(lane="one"), await toil.add(lane="one"), await toil.add(lane="other")
    at_work = "state = 'running', lease_until = now() + interval '1 minute'"
    await toil.set(mine, at_work)
    await toil.set(second, at_work)
    await toil.set(other, at_work)
    assert await asked(app, mine) == Waiting(anybody=False, others=False, poorer=False)

    await toil.set(other, "state = 'queued'")
    assert await asked(app, mine) == Waiting(anybody=False, others=False, poorer=False), "it has just come"
    await toil.set(other, "run_after = now() - interval '1 minute'")
    assert await asked(app, mine) == Waiting(anybody=True, others=True, poorer=False), "the later one is asked"
    assert await asked(app, second) == Waiting(anybody=True, others=True, poorer=True)

    await toil.set(second, "state = 'done'")
    assert await asked(app, mine) == Waiting(anybody=True, others=True, poorer=False)
    third = await toil.add(lane="other")
    await toil.set(third, at_work)
    assert await asked(app, mine) == Waiting(anybody=False, others=False, poorer=False), "it has as much"
    await toil.set(second, "state = 'queued', run_after = now() - interval '1 minute'")
    assert await asked(app, mine) == Waiting(anybody=True, others=False, poorer=False), "those of a lane take turns"


async def test_what_is_handed_on_goes_to_the_end_and_no_attempt_is_counted(app: App, toil: Toil) -> None:
    job = await toil.add(lane="one")
    await toil.set(job, "due_by = now() - interval '1 hour'")

    async def hand_on(*_: Any) -> None:
        raise HandedOn

    toil.does = hand_on
    assert await jobs.execute(app, job, first_of_queue=True) is Outcome.RETRY
    row = await toil.row(job)
    assert (row.state, row.attempt, row.due_by >= row.created_at) == ("queued", 0, True)


async def asked(app: App, job: Any) -> Waiting:
    return await turns.waiting_for(JobRun(app, job, 1, 1, {}, 3))
