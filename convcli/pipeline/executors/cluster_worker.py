"""The part of ``--cluster`` that runs on a worker: some tasks, in the folder that their names belong to."""

import hashlib
import os
import pickle
import platform
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

import convcli
from convcli.pipeline.outcome import Outcome, attempt
from convcli.pipeline.tasks import Task

__all__ = ["SHARED", "Done", "of_convcli", "versions", "work_on"]

# Hint where a worker does not see what the client sees.
SHARED = "files must be on a file system or store that the workers share"


class Done(NamedTuple):
    """The outcomes of each task's sources, the worker that made them, and in how many seconds."""

    worker: str
    outcomes: list[list[Outcome]]
    seconds: float


@cache
def of_convcli() -> str:
    """Return the version of convcli, with a digest of its source, which may be in development."""
    files = sorted(Path(convcli.__file__).parent.rglob("*.py"))
    source = hashlib.sha256(b"".join(file.read_bytes() for file in files))
    return f"{convcli.__version__} (source {source.hexdigest()[:8]})"


def versions() -> dict[str, str]:
    """Return the versions on which results depend."""
    import numpy
    import PIL

    return {
        "convcli": of_convcli(),
        "Python": platform.python_version(),
        "NumPy": numpy.__version__,
        "Pillow": PIL.__version__,
    }


def work_on(work: bytes, tasks: Sequence[Task], folder: str, version: str) -> Done | None:
    """Work on each source of `tasks`, whose names are relative to `folder`; None in another version."""
    from distributed import get_worker

    if version != of_convcli():
        return None
    start, worker = time.perf_counter(), get_worker().address
    with _inside(folder) as found:
        do = pickle.loads(work)
        outcomes = [[attempt(do, source) for source in task] for task in tasks]
    for outcome in () if found else (outcome for each in outcomes for outcome in each):
        if outcome.error is not None:
            outcome.error.message += f", as worker {worker} has no folder {folder!r}"
            outcome.error.hint = SHARED
    return Done(worker, outcomes, time.perf_counter() - start)


# The folder of a process is that of all its threads: those that need another one wait until it is free.
_door, _changed, _inside_now = threading.Lock(), threading.Condition(), list[tuple[str, str, bool]]()


@contextmanager
def _inside(folder: str) -> Iterator[bool]:
    """Have `folder` as the current one, or one that is gone, where no relative name leads anywhere."""
    with _door, _changed:  # who comes later waits behind the one that waits at the door
        _changed.wait_for(lambda: not _inside_now or _inside_now[0][0] == folder)
        before = _inside_now[0][1:] if _inside_now else (os.getcwd(), _enter(folder))
        _inside_now.append((folder, *before))
    try:
        yield before[1]
    finally:
        with _changed:
            _inside_now.pop()
            if not _inside_now:
                os.chdir(before[0])
            _changed.notify_all()


def _enter(folder: str) -> bool:
    try:
        os.chdir(folder)
    except OSError:
        with tempfile.TemporaryDirectory() as gone:
            os.chdir(gone)
        return False
    return True
