"""Tasks spread over processes. Each has a connection of its own, so that the death of one costs one input.

A pool of the standard library breaks as a whole when one of its processes dies.
"""

import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple

from convcli.errors import ImageError
from convcli.pipeline.executors.blocked_signals import blocked
from convcli.pipeline.outcome import Outcome, Results, Work, attempt, one_by_one
from convcli.pipeline.sources import Source
from convcli.pipeline.tasks import Task
from convcli.temporary_files import remove_temporaries

__all__ = ["spread"]

# Inputs that a worker has at a time: one in hand, and one to go on with while its outcome is taken.
_AT_HAND = 2
# Seconds for workers to end by themselves.
_PATIENCE = 2.0
# Workers ignore these, though a terminal sends Ctrl-C to all processes: the parent ends the workers.
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Job(NamedTuple):
    """One input of a task, and whether it is the first."""

    task: int
    source: Source
    first: bool


class _Worker:
    """A process, and the inputs that it is to work on, the first of which it has in hand."""

    def __init__(self, work: Work, life: tuple[Connection, Connection]) -> None:
        forked = _forks()
        context: Any = get_context("fork" if forked else "spawn")
        self.connection, there = context.Pipe()
        self.sent, self.left = deque[_Job](), deque[_Job]()
        ours = (self.connection, life[1]) if forked else ()
        self.process = context.Process(target=_serve, args=(work, there, life[0], ours), daemon=True)
        with blocked(_SIGNALS):
            self.process.start()
        there.close()

    @property
    def load(self) -> int:
        """The number of inputs that it has."""
        return len(self.sent) + len(self.left)

    def give(self, task: int, sources: Sequence[Source]) -> None:
        """Add the inputs of a task."""
        self.go_on_with(_Job(task, source, index == 0) for index, source in enumerate(sources))

    def go_on_with(self, jobs: Iterable[_Job]) -> None:
        """Add inputs, and send those that may be at hand."""
        self.left += jobs
        # Few at a time: a connection that is full would let both sides wait for each other.
        while self.left and len(self.sent) < _AT_HAND:
            self.sent.append(self.left.popleft())
            with suppress(OSError):  # it is dead, which is seen where its outcomes are taken
                self.connection.send(self.sent[-1])

    def take(self) -> tuple[int, list[Outcome]]:
        """Return the outcome of the input in hand, with the number of its task; EOFError if it is dead."""
        try:
            made = self.connection.recv()
        except OSError as error:
            raise EOFError from error
        if isinstance(made, BaseException):
            raise made
        job = self.sent.popleft()
        self.go_on_with(())
        return job.task, [made]

    def lost(self) -> tuple[int, list[Outcome]]:
        """Return errors for the input that the dead worker had in hand, and the others of its task."""
        jobs = [*self.sent, *self.left]
        self.process.join()
        task, victim, _ = jobs[0]
        code = self.process.exitcode or 0
        how = signal.Signals(-code).name if code < 0 else f"status {code}"
        killed = how == "SIGKILL"
        said = (
            f"{victim.name!r}: the process that worked on it was {'killed' if killed else f'ended by {how}'}"
        )
        hint = "was memory short? try --jobs 1" if killed else "leave this file out, or try --jobs 1"
        lost = [job.source for job in jobs if job.task == task]
        self.sent.clear()
        self.left = deque(job for job in jobs if job.task != task)
        return task, [Outcome(source.path, error=ImageError(said, hint)) for source in lost]


def spread(work: Work, tasks: Iterator[Task | None], processes: int) -> Results:
    """Start so many workers, and return an iterator over their results: see `Spread`."""
    # Nothing is ever sent through it: its end tells the workers that the parent has ended, in any way.
    life: tuple[Connection, Connection] = get_context().Pipe(duplex=False)
    workers = list[_Worker]()
    try:
        for _ in range(processes):
            _add(workers, work, life)
    except BaseException:
        _end(workers, life)
        raise
    return _results(work, tasks, workers, life) if workers else one_by_one(work, tasks)


def _add(workers: list[_Worker], work: Work, life: tuple[Connection, Connection]) -> None:
    with suppress(OSError):  # the system gives no more processes, or files: those that there are do the work
        workers.append(_Worker(work, life))


def _results(
    work: Work, tasks: Iterator[Task | None], workers: list[_Worker], life: tuple[Connection, Connection]
) -> Results:
    number = 0
    try:
        while True:
            task: Task | None = None
            for worker in (one for load in range(_AT_HAND) for one in workers if one.load <= load):
                task = next(tasks, ())
                if not task:
                    break
                worker.give(number, task)
                number += 1
            busy = {worker.connection: worker for worker in workers if worker.load}
            if not busy and task is not None:
                return
            if not busy:
                yield -1, []
                continue
            for ready in wait(list(busy)):
                worker = busy[ready]
                try:
                    yield worker.take()
                except EOFError:
                    yield worker.lost()
                    workers.remove(worker)
                    _add(workers, work, life)
                    if not workers:
                        raise MemoryError from None
                    workers[-1].go_on_with(worker.left)
    finally:
        _end(workers, life)


def _end(workers: list[_Worker], life: tuple[Connection, Connection]) -> None:
    for connection in life:
        connection.close()
    for worker in workers:
        worker.connection.close()
    for worker in workers:
        worker.process.join(_PATIENCE)
        if worker.process.exitcode is None:
            worker.process.kill()


def _forks() -> bool:
    """Whether processes are forked, which takes milliseconds: it is safe on Linux, with no other thread.

    Threads of libraries, such as OpenBLAS, count: Python warns of them too.
    """
    try:
        return sys.platform == "linux" and len(os.listdir("/proc/self/task")) == 1
    except OSError:
        return False


def _serve(work: Work, connection: Connection, life: Connection, ours: Sequence[Connection]) -> None:
    """Work on the inputs that come, in a process of its own, which never returns."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    for one in ours:  # a fork has the parent's ends too, and would never see them closed
        one.close()
    threading.Thread(target=_end_with, args=(life,), daemon=True).start()
    try:
        while True:
            job = connection.recv()
            if job.first:
                work.forget()
            connection.send(attempt(work, job.source))
    except (EOFError, BrokenPipeError, ConnectionResetError):  # the parent has ended
        pass
    except BaseException as error:
        connection.send(error)
    finally:
        os._exit(0)


def _end_with(life: Connection) -> None:
    """End this process when the parent ends, without a temporary file left."""
    with suppress(EOFError, OSError):
        life.recv()
    remove_temporaries()
    os._exit(0)
