"""``--cluster``: the same files and lines as without it, whoever dies; what does not suit is told.

A scheduler and two workers run on loopback; the workers' own folder is another one.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convcli import __version__
from convcli.commands.filter.workflow import filter_files
from convcli.errors import ConvcliError
from convcli.options.batch_options import BatchSpec
from convcli.options.specs import FilterSpec, ReadSpec, SheetSpec
from convcli.pipeline.executors.cluster import spread
from convcli.pipeline.executors.cluster_client import connected, dask, strangers
from convcli.pipeline.executors.cluster_worker import of_convcli
from convcli.pipeline.outcome import Outcome
from convcli.pipeline.sources import Source
from tests.program import PROGRAM, Convcli

pytest.importorskip("distributed")

REPOSITORY = Path(__file__).parents[3]
# Settings of Dask: one worker may die of a task, and a second one makes it fail.
# The same libraries as here, where older ones stand before those that are installed.
LIBRARIES = os.pathsep.join([*filter(None, [os.environ.get("PYTHONPATH")]), str(REPOSITORY)])
SETTINGS = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1", "PYTHONPATH": LIBRARIES}
# Seconds after which something has gone wrong, on however busy a machine.
LONG = 120


def eventually(holds: Any) -> None:
    end = time.monotonic() + LONG
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


class Cluster:
    """Processes of Dask, found by the scheduler file in a folder, and ended with it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "scheduler.json"
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, what: str, *options: object) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *map(str, options)]
        command += ["--scheduler-file", str(self.file), "--host", "127.0.0.1", "--no-dashboard"]
        with open(self.folder / "log", "ab") as log:
            started = subprocess.Popen(
                command, cwd=self.folder, env=os.environ | SETTINGS, stdout=log, stderr=log
            )
        self.processes.append(started)
        return started

    def scheduler(self, port: int = 0) -> subprocess.Popen[bytes]:
        self.file.unlink(missing_ok=True)
        started = self.start("scheduler", "--port", port, "--dashboard-address", "127.0.0.1:0")
        eventually(lambda: self.file.exists() and self.file.read_text().rstrip().endswith("}"))
        return started

    def worker(self, *options: object) -> subprocess.Popen[bytes]:
        return self.start("worker", "--nthreads", 1, "--local-directory", self.folder, *options)

    @property
    def address(self) -> str:
        return str(json.loads(self.file.read_text())["address"])

    def end(self) -> None:
        for process in self.processes:
            process.kill()  # workers end with their nanny
            process.wait(LONG)


@pytest.fixture(scope="module")
def shared_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        made.scheduler()
        made.worker("--nworkers", 2)
        yield made
    finally:
        made.end()


@pytest.fixture
def cluster(shared_cluster: Cluster) -> Cluster:
    """The shared cluster, whose two workers are there: one that a test has killed is back."""
    with dask() as distributed, connected(distributed, shared_cluster.address, LONG) as client:
        client.wait_for_workers(2, LONG)
    return shared_cluster


@pytest.fixture
def own_cluster(tmp_path: Path) -> Iterator[Cluster]:
    folder = tmp_path / "own"
    folder.mkdir()
    made = Cluster(folder)
    try:
        made.scheduler()
        yield made
    finally:
        made.end()


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of pictures in a folder of the current one, and of two that cannot be read."""
    monkeypatch.chdir(tmp_path)
    os.mkdir("in put")
    values = np.random.default_rng(5).integers(0, 256, (6, 20, 30, 3), dtype=np.uint8)
    for index, pixels in enumerate(values):
        Image.fromarray(pixels).save(f"in put/{index}.png")
    Path("in put/broken.png").write_bytes(Path("in put/0.png").read_bytes()[:-40])
    return [*(f"in put/{index}.png" for index in range(3)), "in put/broken.png", "nosuch.png", "in put/3.png"]


def files_in(folder: str) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in Path(folder).rglob("*") if path.suffix == ".png"}


COMMANDS = {
    "filter": ["filter", "-k", "sobel-x", "-k", "gaussian", "--out-dir", "out", "--verbose"],
    "a sheet": ["filter", "-k", "sharpen", "--out-dir", "out", "--sheet", "out/sheets/"],
    "pool": ["pool", "--size", "3", "--out-dir", "new/out"],
    "run": [
        "run",
        str(REPOSITORY / "sample_images/stacks/edges.toml"),
        "--out-dir",
        "out",
        "--save-maps",
        "m",
    ],
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_files_and_lines_are_those_of_a_run_without_a_cluster(
    command: list[str], photos: list[str], convcli: Convcli, cluster: Cluster
) -> None:
    alone = convcli(*command, *photos)
    assert alone.status == 1
    expected = files_in(".")
    for folder in ("out", "new", "m"):
        shutil.rmtree(folder, ignore_errors=True)
    spread_out = convcli(*command, *photos, "--cluster", cluster.file)
    assert (spread_out.status, spread_out.out, spread_out.err) == (alone.status, alone.out, alone.err)
    assert files_in(".") == expected


@dataclass(frozen=True)
class Doing:
    """Work on sources whose names say what happens to the worker; `folder` is for its marks."""

    folder: str

    def __call__(self, source: Source) -> Outcome:
        kind, mark = source.path.split("-")[0], Path(self.folder, source.path)
        with open(mark, "ab") as file:
            file.write(b"x")  # one for each time
        times = mark.stat().st_size
        if kind == "deadly" or (kind == "unlucky" and times == 1):
            os.kill(os.getpid(), signal.SIGKILL)
        if kind == "slow" and times == 1:
            eventually(Path(self.folder, "go").exists)
        if kind == "refused" or (kind == "shaky" and times == 1):
            raise ConvcliError(f"{source.path} failed", hint=f"attempt {times}")
        return Outcome(source.path, outputs=(f"{source.path}.out",))

    def times(self, name: str) -> int:
        return Path(self.folder, name).stat().st_size


def outcomes(work: Any, names: Iterable[str], address: object, **options: Any) -> dict[str, Outcome]:
    """Spread one task for each name; each is answered once."""
    given = list(names)
    found = dict[int, list[Outcome]]()
    tasks = iter([[Source(name)] for name in given])
    for number, made in spread(work, tasks, str(address), None, print, **options):
        if made:
            assert number not in found
            found[number] = made
    assert sorted(found) == list(range(len(given)))
    return {given[number]: made for number, (made,) in found.items()}


def test_a_task_that_fails_is_tried_once_more_elsewhere(cluster: Cluster, tmp_path: Path) -> None:
    work = Doing(str(tmp_path))
    found = outcomes(work, ["good-1", "shaky-1", "refused-1", "good-2"], cluster.file)
    refused = found.pop("refused-1").error
    assert refused is not None
    assert (refused.message, refused.hint) == ("refused-1 failed", "attempt 1")
    assert found == {
        name: Outcome(name, outputs=(f"{name}.out",)) for name in ("good-1", "shaky-1", "good-2")
    }
    times = [work.times(name) for name in ("good-1", "shaky-1", "refused-1", "good-2")]
    assert times == [1, 2, 2, 1]


def test_a_task_whose_worker_dies_goes_to_another_one(cluster: Cluster, tmp_path: Path) -> None:
    work = Doing(str(tmp_path))
    good = [f"good-{index}" for index in range(30)]
    found = outcomes(work, [*good[:10], "unlucky-1", *good[10:], "deadly-1"], cluster.file)
    deadly = found.pop("deadly-1").error
    assert deadly is not None
    assert deadly.message == "'deadly-1': each worker died that worked on it"
    assert found == {name: Outcome(name, outputs=(f"{name}.out",)) for name in (*good, "unlucky-1")}
    # Two workers die of a task in each of three attempts, or one, where another task had killed it before.
    assert 3 <= work.times("deadly-1") <= 6


@dataclass(frozen=True)
class KilledAfterwards:
    """Work whose worker dies as soon as the results of some inputs are written, before it can tell."""

    work: Any

    def __call__(self, source: Source) -> Outcome:
        made: Outcome = self.work(source)
        mark = Path(f"{source.path}.mark")
        if source.path.endswith("2.png") and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return made


def test_results_that_a_killed_worker_has_written_count(
    cluster: Cluster, photos: list[str], convcli: Convcli
) -> None:
    good = [name for name in photos if name[-5:-4].isdigit()]
    assert convcli("filter", *good, "-k", "gaussian", "--out-dir", "alone").status == 0
    writing, spreading = SheetSpec(out_dir="out"), BatchSpec(cluster="tcp://a:1")
    batch = filter_files(good, ["gaussian"], FilterSpec(), ReadSpec(), writing, spreading=spreading)
    found = outcomes(KilledAfterwards(batch.work), good, cluster.file)
    assert Path("in put/2.png.mark").exists()
    assert [outcome.error for outcome in found.values()] == [None] * len(good)
    assert {Path(name).name: data for name, data in files_in("out").items()} == {
        Path(name).name: data for name, data in files_in("alone").items()
    }


def test_one_input_and_stdout_and_stdin(
    cluster: Cluster, photo: Path, convcli: Convcli, tmp_path: Path
) -> None:
    alone = convcli("filter", photo, "-k", "emboss", "-o", "-")
    assert convcli("filter", photo, "-k", "emboss", "-o", "-", "--cluster", cluster.file) == alone
    # Read in this process: workers have another stdin.
    spread_out = convcli("filter", "-", "-k", "emboss", "--cluster", cluster.file, stdin=photo.read_bytes())
    assert (spread_out.status, spread_out.out) == (0, alone.out)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for option in ("-o", "--sheet"):
        refused = convcli("filter", photo, "-k", "emboss", option, pipe, "--cluster", cluster.file)
        refused.check_refusal(2, f"--cluster: {str(pipe)!r} is open in this process alone", "use -o -")


def test_a_scheduler_that_comes_back_is_sent_the_rest(
    own_cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    work = Doing(str(tmp_path))
    own_cluster.worker("--no-nanny")
    address = own_cluster.address

    def restart() -> None:
        eventually(lambda: Path(work.folder, "slow-1").exists())
        for process in own_cluster.processes:
            process.kill()
            process.wait()
        Path(work.folder, "go").touch()
        own_cluster.scheduler(int(address.rpartition(":")[2]))
        own_cluster.worker("--no-nanny")

    restarting = threading.Thread(target=restart)
    restarting.start()
    found = outcomes(work, [f"good-{index}" for index in range(5)] + ["slow-1"], address, absence=LONG)
    restarting.join()
    assert [outcome.error for outcome in found.values()] == [None] * 6
    assert work.times("slow-1") == 2
    said = f"the scheduler at {address!r} is lost: waiting {LONG} s for it\n"
    assert capsys.readouterr() == (said, "")


def test_workers_that_come_later_are_used_unless_their_version_differs(
    own_cluster: Cluster,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("convcli.pipeline.executors.cluster.LOOK", 0.1)
    work = Doing(str(tmp_path))
    other = tmp_path / "other_version.py"
    other.write_text("import convcli\nconvcli.__version__ = '0.0.1'\n")
    with pytest.raises(ConvcliError, match="has no workers"):
        outcomes(work, ["good"], own_cluster.file, patience=1)
    own_cluster.worker("--no-nanny")

    def more() -> None:
        eventually(lambda: Path(work.folder, "slow-1").exists())
        own_cluster.worker("--no-nanny", "--preload", other, "--name", "stranger")
        own_cluster.worker("--no-nanny")
        # The other has come: the first is busy, and few tasks wait for it.
        eventually(lambda: len(list(Path(work.folder).glob("good-*"))) >= 15)
        Path(work.folder, "go").touch()

    coming = threading.Thread(target=more)
    coming.start()
    found = outcomes(work, ["slow-1", *(f"good-{index}" for index in range(20))], own_cluster.file)
    coming.join()
    assert [outcome.error for outcome in found.values()] == [None] * 21
    out, err = capsys.readouterr()
    assert err == ""
    differs = rf"has convcli 0\.0\.1 \(source \w+\), not {re.escape(of_convcli())} as here"
    assert all(re.search(f"is left out: it {differs}$", line) for line in out.splitlines())
    with pytest.raises(ConvcliError) as refusal:
        outcomes(work, ["never"], own_cluster.file)
    assert re.search(f"{differs}$", refusal.value.message)
    assert (
        refusal.value.hint
        == f"pip install convcli=={__version__} where scheduler and workers run; start them again"
    )
    assert not Path(work.folder, "never").exists()


def test_what_workers_lack_is_told() -> None:
    same = SimpleNamespace(
        run=lambda function, **_: {"a": function()}, run_on_scheduler=lambda function: function()
    )
    assert strangers(same) == ({}, [])
    mine = {"convcli": of_convcli(), "Python": "3.99.0", "NumPy": np.__version__, "Pillow": "0.1"}
    answers = {
        "tcp://a:1": mine,
        "tcp://b:1": mine,
        "tcp://c:1": Exception("ModuleNotFoundError(\"No module named 'convcli'\")"),
        "tcp://d:1": Exception(
            "ModuleNotFoundError(\"No module named 'convcli.pipeline.executors.cluster_worker'\")"
        ),
        "tcp://e:1": OSError("the worker has just died"),
    }
    old = {"convcli": "0.0.1", "NumPy": "0.1"}
    refused, notes = strangers(SimpleNamespace(run=lambda *_, **__: answers, run_on_scheduler=lambda _: old))
    assert refused == {
        "worker tcp://c:1": "does not have convcli",
        "worker tcp://d:1": "has another version of convcli",
        "the scheduler": f"has convcli 0.0.1, not {of_convcli()} as here",
    }
    here = f"{sys.version_info[0]}.{sys.version_info[1]}.{sys.version_info[2]}"
    assert notes == [
        f"Python is {here} here and 3.99.0 on 2 workers, such as tcp://a:1: some bytes of results may differ",
        f"Pillow is {Image.__version__} here and 0.1 on 2 workers, such as tcp://a:1: "
        "some bytes of results may differ",
    ]


ADDRESSES = {
    "": ("'' is not an address", "tcp://host:8786"),
    "Lokal": ("'Lokal' is not an address", "did you mean 'local'?"),
    "localhost": ("'localhost' is not an address", "did you mean 'localhost:8786'?"),
    "tcp://cluster.example": ("is not an address", "did you mean 'tcp://cluster.example:8786'?"),
    "http://cluster.example:8787": ("is not the address of a scheduler", "a page for people"),
    "no.json": ("'no.json': No such file or directory", "tcp://host:8786"),
    "made.json": ("'made.json': it is no scheduler file", "tcp://host:8786"),
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_addresses_that_are_none(address: str, photo: Path, convcli: Convcli) -> None:
    Path("made.json").write_text('{"adress": 1}')
    says, hint = ADDRESSES[address]
    refused = convcli("filter", photo, "-k", "box", "--cluster", address)
    refused.check_refusal(2, f"--cluster {address!r}", hint)
    assert says in refused.err
    assert not Path("photo-box.png").exists()


def test_the_extra_is_named_where_it_is_not_installed(
    photo: Path, convcli: Convcli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    refused = convcli("filter", photo, "-k", "box", "--cluster", "local")
    refused.check_refusal(1, "--cluster needs an optional package", "pip install 'convcli[scale]'")


def test_what_does_not_answer_is_told_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        start = time.monotonic()
        with pytest.raises(ConvcliError) as refusal:
            outcomes(Doing(""), ["never"], address, patience=1)
        assert time.monotonic() - start >= 1
        assert refusal.value.message == f"no Dask scheduler answers at {address!r} within 1 s"


def test_an_error_that_ends_a_batch_comes_with_counts(
    photos: list[str], convcli: Convcli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(work: Any, tasks: Any, *_: object) -> Iterator[tuple[int, list[Outcome]]]:
        yield 0, [work(*next(tasks))]
        raise ConvcliError("all workers have been gone for 60 s", hint="start some")

    monkeypatch.setattr("convcli.pipeline.executors.cluster.spread", gone)
    ran = convcli("filter", *photos[:3], "-k", "box", "--out-dir", "out", "--cluster", "a:1")
    assert (ran.status, ran.out) == (1, b"out/0-box.png\n")
    assert ran.lines == [
        "stopped: 1 done, 2 left; hint: the same command with --resume goes on",
        "error: all workers have been gone for 60 s; hint: start some",
    ]


def children(process: int) -> list[str]:
    """Return the processes that one has started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if parent == str(process) and state != "Z":
                found.append(stat.parent.name)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=lambda how: how.name)
def test_a_cluster_on_this_machine_ends_with_the_command(
    how: signal.Signals, gray: Path, tmp_path: Path
) -> None:
    names = [f"{index:02}.png" for index in range(60)]
    Image.open(gray).resize((400, 400)).save(tmp_path / names[0])
    for name in names[1:]:
        os.link(tmp_path / names[0], tmp_path / name)
    options = ["-k", "disk:radius=9", "--method", "direct", "--out-dir", "out", "--cluster", "local"]
    command = [*PROGRAM, "filter", *names, *options, "--jobs", "1"]
    started = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    with started:
        assert started.stdout is not None
        assert started.stderr is not None
        assert started.stdout.readline() == b"out/00-disk.png\n"
        workers = children(started.pid)
        assert workers
        # A terminal sends Ctrl-C to all processes of the command.
        os.killpg(started.pid, how) if how is signal.SIGINT else started.kill()
        said = started.stderr.read().decode()
    lines = said.splitlines()
    if how is signal.SIGINT:
        assert started.returncode == 130
        assert len(lines) == 1
        assert re.fullmatch(r"interrupted: \d+ done, \d+ left; hint: .* --resume goes on", lines[0])
    else:
        assert lines == []
    eventually(lambda: not any(Path("/proc", worker).exists() for worker in workers))


def test_the_bands_of_one_zarr_picture_are_shared(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, convcli: Convcli
) -> None:
    zarr = pytest.importorskip("zarr")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("convcli.pipeline.bands.huge_files.HUGE", 1)
    monkeypatch.setattr("convcli.pipeline.bands.band_rows.BAND", 200)
    monkeypatch.setattr("convcli.pipeline.bands.cluster_bands._BANDS", 2)
    values = np.random.default_rng(6).integers(0, 256, (97, 40, 3), dtype=np.uint8)
    zarr.create_array("a.zarr", shape=values.shape, dtype=values.dtype, chunks=(8, 16, 3))[...] = values
    command = ("filter", "a.zarr", "-k", "sobel", "-p", "wrap", "--levels", "2", "--json")
    alone = convcli(*command, "-o", "alone.zarr")
    shared = convcli(*command, "-o", "shared.zarr", "--cluster", cluster.address)
    assert shared.status == alone.status == 0, shared.err
    assert shared.err == alone.err
    reports = [json.loads(ran.out) for ran in (alone, shared)]
    assert [one.pop("output") for one in reports] == ["alone.zarr", "shared.zarr"]
    assert [one.pop("seconds") > 0 for one in reports] == [True, True]
    assert reports[0] == reports[1]
    stores = [
        {str(file.relative_to(top)): file.read_bytes() for file in Path(top).rglob("*") if file.is_file()}
        for top in ("alone.zarr", "shared.zarr")
    ]
    assert stores[0] == stores[1]
    assert sorted(os.listdir()) == ["a.zarr", "alone.zarr", "shared.zarr"]
    (Path("a.zarr") / "c" / "7" / "1" / "0").write_bytes(b"damaged")
    broken = convcli(*command[:-1], "-o", "broken.zarr", "--cluster", cluster.address)
    broken.check_refusal(1, "chunk [7, 1, 0] of 'a.zarr' cannot be decoded")
    assert sorted(os.listdir()) == ["a.zarr", "alone.zarr", "shared.zarr"]
