"""The simulated cluster against schedules worked out by hand, and against the limits of its parts."""

import math

import pytest

from benchmarks.simulation import Costs, Farm, Loss, Store, rates, simulate


def test_one_worker_takes_the_sum_of_everything() -> None:
    # 3 tasks of 2 files: a scheduler of 1 s has the first ready at 1; each takes 0.5 + 2 * (3 + 2 * 0.25),
    # and reading 2 files at 4/s and writing them at 2/s another 0.5 + 1: 9 s in all, done at 10, 19, 28. The
    # client collects the last in 0.25 + 2 * 0.125.
    costs = Costs(file=3, worker=0.5, scheduler=1, client=0.25, client_file=0.125)
    run = simulate(6, Farm(1, 2, in_flight=3), costs, Store(latency=0.25, reads=4, writes=2))
    assert run.seconds == 28.5
    assert run.busy["workers"] == pytest.approx(27 / 28.5)
    assert run.busy["scheduler"] == pytest.approx(3 / 28.5)
    assert run.busy["client"] == pytest.approx(1.5 / 28.5)
    assert run.busy["store, reading"] == pytest.approx(1.5 / 28.5)
    assert run.busy["store, writing"] == pytest.approx(3 / 28.5)
    assert run.bottleneck == "workers"
    assert run.again == 0


def test_files_that_do_not_fill_the_last_task() -> None:
    # Tasks of 4, 4, 2 files of 1 s on two workers: 4 and 4, then 2 on the first.
    assert simulate(10, Farm(2, 4, 9), Costs(1)).seconds == 6


def test_a_client_that_submits_one_at_a_time_keeps_one_worker_busy() -> None:
    costs = Costs(file=1, scheduler=1)
    assert simulate(4, Farm(2, 1, in_flight=1), costs).seconds == 8
    # Ready at 1, 2, 3, 4, each done a second later.
    assert simulate(4, Farm(2, 1, in_flight=4), costs).seconds == 5


def test_the_task_of_a_lost_worker_is_done_again() -> None:
    # Tasks of 10 s on two workers. The second is lost at 4: its task waits until the first is free at 10, as
    # the worker that replaces it at 30 is too late.
    lost = simulate(2, Farm(2, 1, 2), Costs(10), losses=[Loss(4, 1, restart=26)])
    assert (lost.seconds, lost.again) == (20, 1)
    assert simulate(2, Farm(2, 1, 2), Costs(10), losses=[Loss(4, 1, restart=1)]).seconds == 15
    # An idle worker has nothing to lose; one that is lost again before it is back comes back once.
    idle = simulate(3, Farm(1, 1, 1), Costs(1), losses=[Loss(0.5, 0, 1), Loss(1, 0, 2)])
    assert (idle.seconds, idle.again) == (6, 1)


def test_a_store_serves_one_after_another() -> None:
    # 4 workers read a file each at 2 files/s, so that they start to compute at 0.5, 1, 1.5 and 2.
    run = simulate(4, Farm(4, 1, 4), Costs(3), Store(reads=2))
    assert run.seconds == 5
    assert run.busy["store, reading"] == pytest.approx(2 / 5)


PARTS = {
    "workers": (Costs(file=1), Store()),
    "scheduler": (Costs(file=0.01, scheduler=1), Store()),
    "client": (Costs(file=0.01, client_file=0.4), Store()),
    "store, reading": (Costs(file=0.01), Store(reads=2)),
    "store, writing": (Costs(file=0.01), Store(writes=2)),
}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("chunk", [1, 8])
def test_many_files_pass_at_the_rate_of_the_slowest_part(part: str, chunk: int) -> None:
    costs, store = PARTS[part]
    farm = Farm(workers=4, chunk=chunk, in_flight=16)
    files = 400 * chunk
    limits = rates(farm, costs, store)
    run = simulate(files, farm, costs, store, spread=0.5)
    assert min(limits, key=lambda name: limits[name]) == part
    assert run.bottleneck == part
    assert files / run.seconds == pytest.approx(limits[part], rel=0.03)


def test_limits() -> None:
    costs = Costs(file=0.02, worker=0.001, scheduler=0.0005, client=0.0001, client_file=0.00005)
    limits = rates(Farm(1000, 10, 2000, clients=2), costs, Store(0.01, 5500, 3500))
    assert limits == pytest.approx(
        {
            # 10 files of 20 ms, with 20 ms of waiting and 1/5500 + 1/3500 s of transfer each, and 1 ms.
            "workers": 1000 * 10 / (10 * (0.04 + 1 / 5500 + 1 / 3500) + 0.001),
            "scheduler": 20_000,
            "client": 2 / 0.00006,
            "store, reading": 5500,
            "store, writing": 3500,
        }
    )
    assert set(rates(Farm(1, 1, 1), Costs(0)).values()) == {math.inf}
