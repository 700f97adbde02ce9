"""Files worked on by the workers of a Dask scheduler (``--cluster``, from the extra ``scale``).

Workers read and write the files themselves, under the names that they have in the client's current folder.
The client sends the work and the names, and gets outcomes back.
"""

import os
import pickle
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, TypeVar
from uuid import uuid4

import convcli
from convcli.errors import ConvcliError, ImageError
from convcli.pipeline.executors.cluster_client import connected, dask, scheduler_at, strangers
from convcli.pipeline.executors.cluster_worker import SHARED, Done, of_convcli, work_on
from convcli.pipeline.outcome import Outcome, Results
from convcli.pipeline.sources import Source
from convcli.pipeline.tasks import Task

__all__ = ["spread"]

# Seconds within which a scheduler must answer and have a worker, and within which one must be back that was
# lost in the middle, or a worker where all are gone.
PATIENCE, ABSENCE = 10.0, 60.0
# Connections to the scheduler that may be lost in a row, without a finished file between two losses.
LOSSES = 3
# Parcels in flight for each thread of the workers: one is worked on, the other waits. More gave nothing more.
WAVE = 2
# Seconds of a scheduler's processor that a parcel takes (measured by benchmarks/cluster.py), the part of its
# time that is used, and the shortest time that a parcel should take a worker.
OVERHEAD, USED, LEAST = 0.002, 0.25, 0.2
# Attempts at a task whose workers die: Dask also blames tasks that only waited on a worker that died.
DEATHS = 3
# Tasks of a parcel at most.
MOST = 1000
# Bytes of work that are sent with each parcel; more of them are kept on the workers.
EMBEDDED = 1 << 16
# Seconds between two looks at which workers there are, and between two at what is done.
LOOK, POLL = 2.0, 0.01

T = TypeVar("T")


class _LostError(Exception):
    """The connection to the scheduler is lost."""


class _Parcel(NamedTuple):
    """Tasks that are sent to a worker together, as one of Dask's tasks, with their numbers."""

    tasks: Sequence[tuple[int, Task]]
    before: Done | None = None  # the attempt before, where the only task has failed; no worker if it died
    tries: int = 1


@dataclass
class _Parcels:
    """The tasks, put into parcels, and those that are to be sent once more."""

    tasks: Iterator[Task | None]
    number: int = 0  # of the next task
    ended: bool = False
    waiting: deque[_Parcel] = field(default_factory=deque)
    seconds: float = LEAST  # that a task takes

    def take(self, threads: int) -> _Parcel | None:
        """Return the next parcel, of so many tasks that the scheduler keeps up with the workers' threads."""
        if self.waiting:
            return self.waiting.popleft()
        wanted = max(LEAST, threads * OVERHEAD / USED) / self.seconds
        taken = list[tuple[int, Task]]()
        while not self.ended and len(taken) < min(max(1, int(wanted)), MOST):
            try:
                task = next(self.tasks)
            except StopIteration:
                self.ended = True
                break
            if task is None:
                break
            taken.append((self.number, task))
            self.number += 1
        return _Parcel(taken) if taken else None

    def done(self, parcel: _Parcel, found: Done, *, others: bool) -> Iterator[tuple[int, list[Outcome]]]:
        """Yield outcomes that are final; tasks with an error are sent again where there are other workers."""
        if found.worker:
            self.seconds += 0.2 * (max(found.seconds / len(parcel.tasks), 1e-4) - self.seconds)
        for (number, task), outcomes in zip(parcel.tasks, found.outcomes, strict=True):
            more = parcel.tries < (2 if found.worker else DEATHS)
            if others and more and any(outcome.error for outcome in outcomes):
                again = found._replace(outcomes=[outcomes])
                self.waiting.append(_Parcel([(number, task)], again, parcel.tries + 1))
                continue
            before = parcel.before
            first = before.outcomes[0] if before and before.worker else outcomes
            pairs = zip(first, outcomes, strict=True)
            yield number, [new if old.error and not new.error else old for old, new in pairs]


def _failure(source: Source, error: Exception) -> Outcome:
    """Return the outcome of an input of which the workers have told none."""
    from distributed.scheduler import KilledWorker

    if isinstance(error, KilledWorker):
        said, hint = "each worker died that worked on it", "did they run out of memory? see their logs"
    else:
        reason = str(error).partition("\n")[0]
        said, hint = f"it failed on the workers: {type(error).__name__}: {reason}", "see their logs"
    return Outcome(source.path, error=ConvcliError(f"{source.name!r}: {said}", hint=hint))


def spread(
    work: Callable[[Source], Outcome],
    tasks: Iterator[Task | None],
    address: str,
    jobs: int | None,
    say: Callable[[str], None],
    *,
    patience: float = PATIENCE,
    absence: float = ABSENCE,
) -> Results:
    """Have the workers of a Dask scheduler work on tasks, and yield outcomes as `outcome.Spread` says.

    A task whose worker dies goes to another one, as does one that fails, once. What was sent to
    a scheduler that is lost is sent again when it is back.

    Parameters
    ----------
    work, tasks
        See `outcome.Spread`.
    address
        ``tcp://host:8786``, a scheduler file, or ``local``: `jobs` workers on this machine.
    say
        Takes lines for people.
    patience, absence
        Seconds within which the scheduler must answer and have a worker: at the start, in the middle.
    """
    parcels, blob = _Parcels(tasks), pickle.dumps(work)
    with dask() as distributed, scheduler_at(distributed, address, jobs) as scheduler:
        seconds, losses = patience, 0
        while True:
            sent = dict[str, _Parcel]()
            try:
                with connected(distributed, scheduler, seconds) as client:
                    done = distributed.as_completed(loop=client.loop, with_results=True, raise_errors=False)
                    workers = _Workers(client, say, absence)
                    for number, outcomes in _served(client, done, blob, parcels, sent, workers):
                        losses = 0
                        yield number, [_seen_here(outcome) for outcome in outcomes]
                    return
            except _LostError:
                losses, seconds = losses + 1, absence
                if losses > LOSSES:
                    message = f"the scheduler at {scheduler!r} is lost again and again"
                    hint = f"see its log; Dask here is {distributed.__version__}"
                    raise ConvcliError(message, hint=hint) from None
                parcels.waiting.extend(sent.values())
                say(f"the scheduler at {scheduler!r} is lost: waiting {absence:.0f} s for it")


def _served(
    client: Any, done: Any, work: bytes, parcels: _Parcels, sent: dict[str, _Parcel], workers: "_Workers"
) -> Iterator[tuple[int, list[Outcome]]]:
    """Send parcels and yield what comes back; `sent` are those that are on their way."""
    shared = work if len(work) <= EMBEDDED else client.submit(bytes, work, pure=False)
    common = (os.getcwd(), of_convcli())
    while True:
        threads = workers.threads()
        while len(sent) < WAVE * threads and (parcel := parcels.take(threads)):
            avoid = parcel.before.worker if parcel.before else ""
            where = workers.usable - {avoid} or workers.usable
            future = client.submit(
                work_on,
                shared,
                [task for _, task in parcel.tasks],
                *common,
                key=f"convcli-{uuid4().hex}",
                workers=sorted(where) if workers.refused or avoid else None,
                allow_other_workers=bool(avoid) and not workers.refused,
            )
            sent[future.key] = parcel
            done.add(future)
        finished = done.next_batch(block=False)
        if not finished and not sent and not parcels.waiting and (parcels.ended or threads):
            if parcels.ended:
                return
            yield -1, []
        elif not finished:
            time.sleep(POLL)
        for future, result in finished:
            if isinstance(result, CancelledError):
                raise _LostError
            parcel = sent.pop(future.key)
            error = None if result is None or isinstance(result, Done) else result[1]
            if result is None or "No module named 'convcli" in str(error):
                workers.refuse()
                parcels.waiting.append(parcel)
            elif error is not None:
                failed = [[_failure(source, error) for source in task] for _, task in parcel.tasks]
                yield from parcels.done(parcel, Done("", failed, 0.0), others=True)
            else:
                yield from parcels.done(parcel, result, others=len(workers.usable) > 1)


@dataclass
class _Workers:
    """The workers of a scheduler: which there are, and which of them can take part."""

    client: Any
    say: Callable[[str], None]
    absence: float  # seconds that all of them may be gone
    refused: dict[str, str] = field(default_factory=dict)  # with the reasons
    usable: set[str] = field(default_factory=set)
    _all: dict[str, int] = field(default_factory=dict)  # with their threads
    _looked: float = -LOOK
    _seen: float = field(default_factory=time.monotonic)
    _said: bool = False

    def __post_init__(self) -> None:
        refused, notes = self._asked(partial(strangers, self.client))
        if refused:
            raise _refusal(refused)
        for note in notes:
            self.say(note)

    def threads(self) -> int:
        """Return how many threads the workers have, as of a look that is not long ago."""
        now = time.monotonic()
        if now - self._looked > LOOK:
            self._look(now)
        return sum(self._all[worker] for worker in self.usable)

    def refuse(self) -> None:
        """Leave out those that came later and cannot take part."""
        before, (self.refused, _) = self.refused, self._asked(partial(strangers, self.client))
        for who in self.refused.keys() - before.keys():
            self.say(f"{who} is left out: it {self.refused[who]}")
        self._look(time.monotonic())

    @staticmethod
    def _asked(question: Callable[[], T]) -> T:
        try:
            return question()
        except (OSError, RuntimeError) as error:
            raise _LostError from error

    def _look(self, now: float) -> None:
        if self.client.status != "running":
            raise _LostError
        self._all = self._asked(self.client.nthreads)
        self._looked, self.usable = now, {name for name in self._all if f"worker {name}" not in self.refused}
        if self.usable:
            self._seen, self._said = now, False
        elif self._all:
            raise _refusal(self.refused)
        elif now - self._seen > self.absence:
            hint = "start some; with --resume what is done is not done again"
            raise ConvcliError(f"all workers have been gone for {self.absence:.0f} s", hint=hint)
        elif now - self._seen > 2 * LOOK and not self._said:  # those that a nanny restarts are back sooner
            self.say(f"all workers are gone: waiting {self.absence:.0f} s for one")
            self._said = True


def _refusal(refused: Mapping[str, str]) -> ConvcliError:
    """Return the error for those that cannot take part, and why."""
    (first, reason), count = next(iter(refused.items())), len(refused) - 1
    more = f" ({count} more cannot take part either)" if count else ""
    hint = f"pip install convcli=={convcli.__version__} where scheduler and workers run; start them again"
    return ConvcliError(f"{first} {reason}{more}", hint=hint)


def _seen_here(outcome: Outcome) -> Outcome:
    """Tell workers' folders from missing files: those that are here should be there too."""
    error = outcome.error
    missing = isinstance(error, ImageError) and error.message.endswith("does not exist")
    if error and missing and os.path.lexists(Source(outcome.input).file):
        error.message += " where the workers are"
        error.hint = SHARED
    return outcome
