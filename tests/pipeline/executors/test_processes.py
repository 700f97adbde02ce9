"""Inputs spread over processes: the same results for any number, whatever ends one of them, or all."""

import errno
import os
import pickle
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convcli.errors import ConvcliError, FullDiskError, MissingExtraError
from convcli.options.specs import ReadSpec
from convcli.pipeline import batch, naming, tasks
from convcli.pipeline.batch import Batch, Outcome, Source
from convcli.pipeline.executors import processes as workers
from convcli.pipeline.process import FileWork
from convcli.pipeline.tasks import Task, divided, needs_parent, worthwhile
from convcli.pipeline.written import MANIFEST
from tests.program import PROGRAM, Convcli

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="signals"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),  # of pytest-xdist's threads
]

# Seconds after which something is taken to be stuck.
PATIENCE = 60
NOISE = np.random.default_rng(4).integers(0, 256, (16, 16, 3), dtype=np.uint8)


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Start processes however few and small the inputs are; return how many were started each time."""
    started = list[int]()
    spread = workers.spread

    def watched(work, tasks, processes):  # type: ignore[no-untyped-def]
        started.append(processes)
        return spread(work, tasks, processes)

    monkeypatch.setattr(tasks, "_MANY", 0)
    monkeypatch.setattr(workers, "spread", watched)
    monkeypatch.setattr(workers, "_forks", lambda: True)
    return started


@dataclass(frozen=True)
class Deadly:
    """Work on inputs by their names: what kills its process, fails, fills the disk, waits."""

    def __call__(self, source: Source) -> Outcome:
        kind = os.path.basename(source.path).rstrip("0123456789")
        if kind == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if kind == "crashed":
            os.kill(os.getpid(), signal.SIGALRM)
        if kind == "bug":
            raise ZeroDivisionError("a bug")
        if kind == "memory":
            raise MemoryError
        if kind == "full":
            raise FullDiskError("no room", hint="make some")
        if kind == "waits":
            time.sleep(10 * PATIENCE)
        return Outcome(source.path, outputs=(f"{source.path}:{os.getpid()}",))

    def with_jobs(self, jobs: int) -> "Deadly":  # noqa: ARG002
        return self

    def plan(self, source: Source) -> Outcome:
        raise NotImplementedError

    def forget(self) -> None:
        pass


def outcomes(*names: str, jobs: int = 2) -> list[Outcome]:
    return list(Batch(names, ReadSpec(), Deadly(), jobs=jobs).outcomes())


def pictures() -> None:
    """Make inputs of all kinds: with notes, of one stem, damaged, of several frames."""
    for name in ("one/x.png", "one/y.png", "two/x.png", "two/z.png"):
        Path(name).parent.mkdir(exist_ok=True)
        Image.fromarray(NOISE).save(name)
    Path("bad.png").write_bytes(b"bad")
    frames = [Image.fromarray(NOISE[:8]), Image.fromarray(NOISE[8:])]
    frames[0].save("one/moving.gif", save_all=True, append_images=frames[1:])
    np.save("one/values.npy", NOISE[..., 0] / 7)
    Path("s.toml").write_text('gray = true\n[[layer]]\ntype = "relu"\n')


INPUTS = [
    *("one/x.png", "gone.png", "one/y.png", "bad.png", "two/x.png", "-", "one/moving.gif", "two/z.png"),
    *("one/values.npy", "one/y.png"),
]
COMMANDS = {
    "filter": ["filter", *INPUTS, "-k", "sobel-x", "-k", "box", "--out-dir", "out"],
    "filter, forced": ["filter", *INPUTS, "-k", "sobel-x", "--out-dir", "out", "--force"],
    "pool": ["pool", *INPUTS, "--out-dir", "out", "-v"],
    "run": ["run", "s.toml", *INPUTS, "--out-dir", "out", "--save-maps", "maps"],
    "sheets": ["filter", *INPUTS, "-k", "box", "--sheet", "sheets/", "--out-dir", "out", "--preview"],
    "json": ["filter", *INPUTS, "-k", "sobel-x", "--json"],
}


@pytest.mark.parametrize("args", COMMANDS.values(), ids=COMMANDS)
def test_the_same_for_any_number(
    convcli: Convcli, always: list[int], snapshot: Callable[[], dict[str, bytes]], args: list[str]
) -> None:
    pictures()
    stdin = Path("one/x.png").read_bytes()
    before = snapshot()
    found = []
    for jobs in (1, 2):
        ran = convcli(*args, "--jobs", jobs, stdin=stdin)
        made = snapshot()
        for name in made.keys() - before.keys():
            os.unlink(name)
        made = {name: data for name, data in made.items() if not name.endswith(MANIFEST)}  # it has times
        said = re.sub(rb'"seconds": [\d.]+', b"", ran.out), re.sub(r"[\d.]+ ms", "", ran.err)
        found.append((ran.status, *said, made))
    assert always == [2]
    assert found[0] == found[1]
    # Of each stem the first input has the name; two do not exist or are no picture.
    status, _, err, _ = found[0]
    assert status == 1
    errors = [line for line in err.splitlines() if line.startswith("error: ")]
    assert [re.findall(r"'([^']*)'", line)[0] for line in errors[:3]] == ["gone.png", "bad.png", "two/x.png"]


def test_processes_elsewhere_than_on_linux(
    convcli: Convcli, always: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On other systems, and where there are threads, processes start anew and are sent their work."""
    pictures()
    monkeypatch.setattr(workers, "_forks", lambda: False)
    ran = convcli("filter", "one/x.png", "gone.png", "one/y.png", "-k", "box", "--jobs", "2")
    assert always == [2]
    assert ran.out == b"x-box.png\ny-box.png\n"
    assert [line.partition(" ")[0] for line in ran.lines] == ["error:", "2"]


@pytest.mark.usefixtures("always")
def test_a_worker_that_is_killed_costs_one_input() -> None:
    names = ["a", "killed1", "b", "c", "crashed", "d", "killed2", "e", "f"]
    found = outcomes(*names)
    assert [outcome.input for outcome in found] == names
    errors = {outcome.input: outcome.error for outcome in found if outcome.error is not None}
    assert {name: (error.message, error.hint) for name, error in errors.items()} == {
        "killed1": (
            "'killed1': the process that worked on it was killed",
            "was memory short? try --jobs 1",
        ),
        "crashed": (
            "'crashed': the process that worked on it was ended by SIGALRM",
            "leave this file out, or try --jobs 1",
        ),
        "killed2": (
            "'killed2': the process that worked on it was killed",
            "was memory short? try --jobs 1",
        ),
    }
    others = {output.partition(":")[2] for outcome in found for output in outcome.outputs}
    assert str(os.getpid()) not in others


@pytest.mark.usefixtures("always")
def test_inputs_of_one_name_are_lost_together() -> None:
    """The others of its task could take a name that the lost one's predecessor has."""
    found = outcomes("a/killed", "b", "c/killed", "d")
    assert [outcome.error is not None for outcome in found] == [True, False, True, False]
    assert found[2].error is not None
    assert "'a/killed'" in found[2].error.message


@pytest.mark.usefixtures("always")
def test_what_a_killed_worker_would_have_done_next_stays_together(
    convcli: Convcli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second input of a name does not replace the result of the first, though another process works."""
    pictures()
    call = FileWork.__call__

    def killed(self: FileWork, source: Source) -> Outcome:
        if source.path == "one/y.png":
            os.kill(os.getpid(), signal.SIGKILL)
        return call(self, source)

    monkeypatch.setattr(FileWork, "__call__", killed)
    # Each of two processes has two tasks at hand.
    inputs = ("one/y.png", "one/moving.gif", "one/x.png", "two/x.png", "two/z.png")
    ran = convcli("pool", *inputs, "--out-dir", "out", "--force", "--jobs", "2")
    assert ran.out.split() == [b"out/moving-max.gif", b"out/x-max.png", b"out/z-max.png"]
    assert "'one/y.png': the process that worked on it was killed" in ran.lines[0]
    assert "'out/x-max.png' already holds the result of 'one/x.png'" in ran.lines[1]


def test_processes_that_cannot_be_started(always: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system gives none, the inputs are worked on by the one that there is."""

    def none(*_: object) -> None:
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(workers, "_Worker", none)
    assert [outcome.outputs for outcome in outcomes("a", "b")] == [
        (f"{name}:{os.getpid()}",) for name in "ab"
    ]
    assert always == [2]


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("jobs", [1, 2])
def test_too_little_memory_fails_one_input(jobs: int) -> None:
    errors = [outcome.error for outcome in outcomes("a", "memory", "b", jobs=jobs)]
    assert [error and error.message for error in errors] == [None, "'memory': not enough memory", None]


@pytest.mark.usefixtures("always")
def test_a_mistake_of_ours_ends_everything() -> None:
    with pytest.raises(ZeroDivisionError, match="a bug"):
        outcomes("a", "bug", "b")


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_a_full_disk_is_said_once(jobs: int) -> None:
    names = ["a", "b", *(f"full{number}" for number in range(400))]
    found = Batch(names, ReadSpec(), Deadly(), jobs=jobs)
    given = list(found.outcomes())
    assert found.stopped
    assert [outcome.input for outcome in given[:2]] == ["a", "b"]
    (error,) = (outcome.error for outcome in given[2:])
    assert isinstance(error, FullDiskError)
    assert found.progress.done == 3


START = """
import sys
from convcli.options.shared_options import PrintOptions
from convcli.pipeline.delivery import deliver
from tests.pipeline.executors.test_processes import Batch, Deadly, ReadSpec, tasks
tasks._MANY = 0
deliver(Batch(sys.argv[1:], ReadSpec(), Deadly(), jobs=2), PrintOptions(), "working")
"""


@pytest.fixture
def waiting() -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """A batch of which both processes wait for long, and a pipe that ends when all its processes have.

    Each process has two inputs at hand, and with four that wait, none that comes after them.
    """
    reads, writes = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", START, *"abc", *(f"waits{number}" for number in range(4)), "d"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=[writes],
        start_new_session=True,
    )
    os.close(writes)
    try:
        assert process.stdout is not None
        assert [process.stdout.readline()[:2] for _ in "abc"] == [b"a:", b"b:", b"c:"]
        yield process, reads
    finally:
        process.kill()
        process.communicate()
        os.close(reads)


Waiting = tuple["subprocess.Popen[bytes]", int]


def all_end(reads: int) -> bool:
    return bool(select.select([reads], [], [], PATIENCE)[0]) and os.read(reads, 1) == b""


def test_no_worker_outlives_a_parent_that_is_killed(waiting: Waiting) -> None:
    process, reads = waiting
    process.kill()
    assert all_end(reads)


@pytest.mark.parametrize(
    ("number", "everyone"),
    [(signal.SIGTERM, False), (signal.SIGTERM, True), (signal.SIGINT, True)],
    ids=["kill", "a service manager", "Ctrl-C"],
)
def test_what_is_in_hand_is_dropped(waiting: Waiting, number: int, everyone: bool) -> None:
    """A terminal sends Ctrl-C to all processes; `kill`, and a service manager, SIGTERM to one or to all."""
    process, reads = waiting
    (os.killpg if everyone else os.kill)(process.pid, number)
    out, err = process.communicate(timeout=PATIENCE)
    assert all_end(reads)
    assert process.returncode == -number
    assert out == b""
    assert b"interrupted: 3 done, 5 left" in err  # by `cli` as a line; here, as a traceback's last
    assert number == signal.SIGINT or err == b"interrupted: 3 done, 5 left\n"


def test_a_single_input_that_is_ended_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe.png")
    with (
        subprocess.Popen(
            [*PROGRAM, "filter", "pipe.png", "-k", "box"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process,
        open("pipe.png", "wb"),
    ):  # it has begun to read
        process.terminate()
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err) == (-signal.SIGTERM, b"", b"interrupted\n")


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_full_disk_has_no_room_for_folders(
    convcli: Convcli, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    pictures()
    monkeypatch.setattr(naming.os, "makedirs", full)
    ran = convcli("pool", "one/x.png", "one/y.png", "two/z.png", "--out-dir", "new", "--jobs", jobs)
    assert ran.status == 1
    assert "'new' cannot be made: no space left on device" in ran.lines[0]
    assert ran.lines[1].startswith("stopped: 0 done, 1 failed, 2 left; hint: free some space, then ")
    assert len(ran.lines) == 2


def test_what_is_begun_before_the_first_outcome_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = list[str]()

    def first_last(work: Callable[[Source], Outcome], tasks: Iterator[Task | None]) -> batch.Results:
        (first,) = next(tasks) or []
        number = 0
        while (task := next(tasks)) is not None:
            number += 1
            begun.append(task[0].path)
            yield number, [work(task[0])]
        yield 0, [work(first)]
        for task in tasks:
            number += 1
            yield number, [work(source) for source in task or ()]

    monkeypatch.setattr(batch, "one_by_one", first_last)
    names = [str(number) for number in range(1000)]
    found = Batch(names, ReadSpec(), Deadly())
    assert [outcome.input for outcome in found.outcomes()] == names
    assert len(begun) == batch._AHEAD


def test_inputs_that_may_want_one_name_are_one_task() -> None:
    sources = [
        *(Source("a/x.png"), Source("b/y.png"), Source("b/X.jpg"), Source("b/z.png"), Source("-")),
        *(Source("c/x.png", folder="c"), Source("d/y.tif"), Source("two.npz:a"), Source("e/stdin.png")),
    ]
    assert list(divided(sources)) == [[0, 2], [1, 6], [3], [4, 8], [5], [7]]
    # a-my-box.png is the result of the first kernel on a.png, and of the second on a-my.png.
    sources = [
        Source("a.png"),
        Source("b.png"),
        Source("a-my.png"),
        Source("a-box.png"),
        Source("a-my-my.png"),
    ]
    assert list(divided(sources, ["my-box", "box"])) == [[0, 2, 4], [1], [3]]
    assert list(divided(sources, ["my-box", "sobel"])) == [[0], [1], [2], [3], [4]]


def test_what_the_parent_alone_can_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "a.png").touch()
    for name in (
        "-",
        "/dev/fd/63",
        "/proc/self/fd/0",
        "/dev/stdin",
        "memory://a.png",
        str(tmp_path / "pipe.png"),
    ):
        assert needs_parent(Source(name)), name
    for name in (str(tmp_path / "a.png"), str(tmp_path), str(tmp_path / "gone.png"), "s3://bucket/a.png"):
        assert not needs_parent(Source(name)), name


def test_processes_only_where_they_pay(tmp_path: Path) -> None:
    (tmp_path / "small.png").write_bytes(bytes(1000))
    (tmp_path / "large.png").write_bytes(bytes(600_000))
    small, large = Source(str(tmp_path / "small.png")), Source(str(tmp_path / "large.png"))
    assert worthwhile([small] * 10, 4) == 1
    assert worthwhile([small] * 1000, 4) == 4
    assert worthwhile([large] * 3, 8) == 3
    assert worthwhile([large] * 1000, 1) == 1
    assert worthwhile([large], 4) == 1
    assert worthwhile([Source("https://a.org/1.png"), Source("s3://b/2.png")], 4) == 2
    assert worthwhile([Source("memory://1.png"), Source("memory://2.png")], 4) == 1


@pytest.mark.parametrize(
    "error", [MissingExtraError("16-bit RGB", "deep"), FullDiskError("a", hint="b"), ConvcliError("c")]
)
def test_errors_come_from_other_processes_as_they_are(error: ConvcliError) -> None:
    found = pickle.loads(pickle.dumps(error))
    assert type(found) is type(error)
    assert (found.message, found.hint, str(found)) == (error.message, error.hint, str(error))
    assert found.args == error.args
