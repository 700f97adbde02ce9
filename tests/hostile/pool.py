"""Cases side by side: processes that a crash, a hang or a leak ends are replaced."""

import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection, wait
from pathlib import Path
from time import monotonic
from typing import Any

from tests.hostile.cases import make
from tests.hostile.judged import HANGS, Verdict, judge, prepare

__all__ = ["Identity", "verdicts"]

# Kind, seed and number of a case.
Identity = tuple[str, int, int]

# Seconds beyond HANGS after which a process is ended from outside.
PATIENCE = 5.0

# Cases of one process: what a library leaks stays small.
MOST_CASES = 500

WORKFLOWS = ("filter", "pool", "run", "learn", "show", "explain", "spectrum", "compare", "kernels")


@dataclass
class _Worker:
    process: Any
    pipe: Connection
    folder: Path
    case: Identity | None = None
    since: float = 0.0
    done: int = 0

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _work(pipe: Connection, folder: Path) -> None:
    prepare(folder)
    while (identity := pipe.recv()) is not None:
        pipe.send(judge(make(*identity), folder))


def _start() -> _Worker:
    memory = "/dev/shm"
    folder = Path(tempfile.mkdtemp(prefix="hostile-", dir=memory if os.path.isdir(memory) else None))
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, folder), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours, folder)


def verdicts(cases: Iterable[Identity], jobs: int = 2) -> Iterator[Verdict]:
    """Yield what came of each case, as they are done; what took long is tried again at the end, alone."""
    late: list[Identity] = []
    for verdict in _judged(cases, jobs):
        if verdict.outcome in ("slow", "hang"):
            kind, seed, number = verdict.name.split(":")
            late.append((kind, int(seed), int(number)))
        else:
            yield verdict
    if late:
        yield from _judged(late, 1)


def _judged(cases: Iterable[Identity], jobs: int) -> Iterator[Verdict]:
    _load()
    waiting = iter(cases)
    workers = [_start() for _ in range(jobs)]
    try:
        workers = [worker for worker in workers if _give(worker, waiting)]
        while workers:
            ready = wait([worker.pipe for worker in workers], timeout=1.0)
            for worker in list(workers):
                late = monotonic() - worker.since > HANGS + PATIENCE
                if worker.pipe not in ready and not late:
                    continue
                verdict = _taken(worker)
                yield verdict
                if not verdict.sound or worker.done >= MOST_CASES:
                    worker.end()
                    workers[workers.index(worker)] = worker = _start()
                if not _give(worker, waiting):
                    worker.end()
                    workers.remove(worker)
    finally:
        for worker in workers:
            worker.end()


def _give(worker: _Worker, waiting: Iterator[Identity]) -> bool:
    worker.case = next(waiting, None)
    if worker.case is None:
        worker.end()
        return False
    worker.pipe.send(worker.case)
    worker.since = monotonic()
    worker.done += 1
    return True


def _taken(worker: _Worker) -> Verdict:
    assert worker.case is not None
    name = ":".join(map(str, worker.case))
    try:
        if worker.pipe.poll():
            verdict: Verdict = worker.pipe.recv()
            return verdict
    except (EOFError, ConnectionResetError):
        worker.process.join(1)
        said = (worker.folder / "stderr").read_text(errors="replace")
        outcome = "hang" if "Timeout (" in said else "crash"
        return Verdict(name, outcome, f"status {worker.process.exitcode}\n{said[:3000]}")
    return Verdict(name, "hang", f"more than {HANGS + PATIENCE:g} s, in a library")


def _load() -> None:
    """Import what cases need, once for all processes."""
    from PIL import Image

    Image.init()
    for name in WORKFLOWS:
        import_module(f"convcli.commands.{name}.command")
        if name != "kernels":
            import_module(f"convcli.commands.{name}.workflow")
    for name in ("tifffile", "imagecodecs", "tests.program"):
        try:
            import_module(name)
        except ImportError:
            continue
