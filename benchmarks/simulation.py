"""A cluster on paper: workers that take tasks of several files from one scheduler, as discrete events.

All times are in seconds. The limits of each part alone are `rates`; what they do together is `simulate`.
"""

import heapq
import itertools
import math
import random
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

# Tasks in flight for each worker, as convcli has them: one that it works on, others on their way.
AHEAD = 3
# Files of a task, in the tables.
CHUNKS = (1, 10, 100, 1000)
WORKERS = (1, 10, 100, 1000)
BILLION = 10**9
# Tasks of each worker in a simulation, and of all at least: the pace is that of the second half.
ROUNDS, LEAST = 40, 4000
# Tasks take up to this much more or less time than the average, as photographs differ.
SPREAD = 0.3


class Costs(NamedTuple):
    """Processor time of each process."""

    file: float  # of a worker for a file: decode, compute, encode
    worker: float = 0.0  # of a worker for a task, besides its files
    scheduler: float = 0.0  # of the scheduler for a task
    client: float = 0.0  # of the client for a task
    client_file: float = 0.0  # of the client for a file: found, recorded, printed


class Store(NamedTuple):
    """What holds the files of all workers: by default one that takes no time."""

    latency: float = 0.0  # from a request until the first byte moves
    reads: float = math.inf  # files per second that all workers together can read
    writes: float = math.inf  # the same for writing


AT_ONCE = Store()
# Amazon S3's request rates for one prefix, and its latency for small objects (Best practices design patterns:
# optimizing Amazon S3 performance): files read and written per second, seconds.
S3 = Store(latency=0.1, reads=5500, writes=3500)


class Farm(NamedTuple):
    """How many workers there are, and how the client cuts the files into tasks."""

    workers: int
    chunk: int  # files of a task
    in_flight: int  # tasks that the client has submitted and not yet collected, at most
    clients: int = 1  # each with its share of the files


class Run(NamedTuple):
    """When all files are done, the share of that time that each part worked, and tasks that were lost."""

    seconds: float
    busy: dict[str, float]
    again: int

    @property
    def bottleneck(self) -> str:
        """The part that worked most of the time."""
        return max(self.busy, key=lambda part: self.busy[part])


class Loss(NamedTuple):
    """A worker is killed at a time; one that replaces it asks for work `restart` later."""

    at: float
    worker: int
    restart: float = 0.0


@dataclass
class Queue:
    """A part that serves one after another, in the order in which they come."""

    free: float = 0.0
    worked: float = 0.0

    def serve(self, now: float, seconds: float) -> float:
        """Return when work that comes now is done."""
        self.free = max(self.free, now) + seconds
        self.worked += seconds
        return self.free


def rates(farm: Farm, costs: Costs, store: Store = AT_ONCE) -> dict[str, float]:
    """Return the files per second of each part if the others took no time: the least is the limit."""
    one = farm.chunk * (costs.file + 2 * store.latency + 1 / store.reads + 1 / store.writes) + costs.worker
    client = costs.client_file + costs.client / farm.chunk
    return {
        "workers": farm.workers * farm.chunk / one if one else math.inf,
        "scheduler": farm.chunk / costs.scheduler if costs.scheduler else math.inf,
        "client": farm.clients / client if client else math.inf,
        "store, reading": store.reads,
        "store, writing": store.writes,
    }


def simulate(
    files: int,
    farm: Farm,
    costs: Costs,
    store: Store = AT_ONCE,
    losses: Iterable[Loss] = (),
    spread: float = 0.0,
) -> Run:
    """Follow every task from the client to a worker and back.

    The client submits tasks until `in_flight` are under way, then one for each that it has collected. The
    scheduler gives them, one after another, to idle workers. A worker reads, computes and writes its files
    in turn; the store serves all workers through one queue for reading and one for writing. A lost worker's
    task is given to another. Tasks take up to the share `spread` more or less time than the average.
    """
    chance = random.Random(0)
    sizes = [min(farm.chunk, files - first) for first in range(0, files, farm.chunk)]
    client, scheduler, reading, writing = Queue(), Queue(), Queue(), Queue()
    waiting, idle = deque[int](), deque(range(farm.workers))
    # How often a worker was killed, and the task that it has.
    lives, tasks = [0] * farm.workers, dict[int, int]()
    events: list[tuple[float, int, str, int, int]] = []
    number, unsent = itertools.count(), iter(range(len(sizes)))
    worked = now = 0.0
    collected = again = 0

    def later(time: float, what: str, which: int, life: int = 0) -> None:
        heapq.heappush(events, (time, next(number), what, which, life))

    def submit() -> None:
        task = next(unsent, None)
        if task is not None:
            later(scheduler.serve(now, costs.scheduler), "ready", task)

    for place, loss in enumerate(lost := list(losses)):
        later(loss.at, "lost", place)
    for _ in range(farm.in_flight):
        submit()
    while collected < len(sizes):
        now, _, what, which, life = heapq.heappop(events)
        if what == "ready":
            waiting.append(which)
        elif what == "collected":
            collected += 1
            submit()
        elif what == "lost":
            worker = lost[which].worker
            lives[worker] += 1
            if worker in tasks:
                waiting.appendleft(tasks.pop(worker))
                again += 1
            elif worker in idle:
                idle.remove(worker)
            later(now + lost[which].restart, "idle", worker, lives[worker])
        elif life != lives[which]:
            continue  # the worker was killed meanwhile
        elif what == "idle":
            idle.append(which)
        elif what == "computed":
            size = sizes[tasks[which]]
            later(writing.serve(now, size / store.writes) + size * store.latency, "written", which, life)
        elif what == "written":
            idle.append(which)
            size = sizes[tasks.pop(which)]
            share = (costs.client + size * costs.client_file) / farm.clients
            later(client.serve(now, share), "collected", which)
        while waiting and idle:
            worker = idle.popleft()
            tasks[worker] = waiting.popleft()
            size = sizes[tasks[worker]]
            own = size * costs.file * chance.uniform(1 - spread, 1 + spread) + costs.worker
            read = reading.serve(now, size / store.reads) + size * store.latency
            later(read + own, "computed", worker, lives[worker])
            worked += own + size * (2 * store.latency + 1 / store.reads + 1 / store.writes)
    busy = {
        "workers": worked / farm.workers,
        "scheduler": scheduler.worked,
        "client": client.worked,
        "store, reading": reading.worked,
        "store, writing": writing.worked,
    }
    return Run(now, {part: seconds / now if now else 0.0 for part, seconds in busy.items()}, again)


def billion(each: Costs, read: float, written: float) -> dict[str, Any]:
    """Return what workers do on a billion files, of which so many bytes are read and written each."""
    # A file system with a latency of 5 ms, and 10 gigabytes per second in each direction for all workers.
    shared = Store(0.005, 10e9 / read, 10e9 / written)
    grid = [
        pace(each, shared, Farm(workers, chunk, AHEAD * workers)) for workers in WORKERS for chunk in CHUNKS
    ]
    most, chunk = WORKERS[-1], 100
    farm = Farm(most, chunk, AHEAD * most)
    free = farm._replace(clients=8)
    prefixes = S3._replace(reads=10 * S3.reads, writes=10 * S3.writes)
    cases = {
        "one client, file system": (farm, shared),
        "8 clients, file system": (free, shared),
        "8 clients, S3, 1 prefix": (free, S3),
        "8 clients, S3, 10 prefixes": (free, prefixes),
    }
    limits = rates(farm._replace(chunk=1), each, shared)
    files = ROUNDS * most * chunk
    alone = simulate(files, free, each, shared, spread=SPREAD)
    gone = [Loss(alone.seconds * (number + 0.5) / 100, 10 * number, 60) for number in range(100)]
    lossy = simulate(files, free, each, shared, gone, SPREAD)
    return {
        "file": each.file,
        "rates": {part: rate for part, rate in rates(farm, each, shared).items() if rate < math.inf},
        "grid": grid,
        "cases": [{"case": name, **pace(each, store, farm)} for name, (farm, store) in cases.items()],
        "least_chunk": math.ceil(limits["workers"] / limits["scheduler"]),
        "losses": {
            "count": len(gone),
            "of": most,
            "longer": lossy.seconds / alone.seconds,
            "again": lossy.again,
        },
    }


def pace(costs: Costs, store: Store, farm: Farm) -> dict[str, Any]:
    """Return the files per second on paper and simulated, and the part that limits them."""
    limits = rates(farm, costs, store)
    limit = min(limits, key=lambda part: limits[part])
    files = max(LEAST, ROUNDS * farm.workers) * farm.chunk
    half, whole = (simulate(count, farm, costs, store, spread=SPREAD) for count in (files // 2, files))
    simulated = (files - files // 2) / (whole.seconds - half.seconds)
    return {
        "workers": farm.workers,
        "chunk": farm.chunk,
        "limit": limit,
        "rate": limits[limit],
        "simulated": simulated,
        "hours": BILLION / simulated / 3600,
    }
