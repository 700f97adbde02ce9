"""Costs of a Dask cluster, a simulation made of them, and what it says of a billion files.

The scheduler, the workers (one thread each) and the client are processes of this machine, so that the
processor time of each is known. The simulation's seconds stand beside those that two workers took, and beside
whole processes of `convcli filter --cluster local`. Then 1,000 workers are computed and simulated.
"""

import argparse
import itertools
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from benchmarks.machine import Process, cores, machine, run, without_blas_settings
from benchmarks.simulation import AHEAD, CHUNKS, WORKERS, Costs, Farm, billion, simulate
from convcli.pipeline.batch import Outcome, Source, attempt
from convcli.pipeline.executors.cluster import LEAST, MOST, OVERHEAD, USED

ROOT = Path(__file__).parents[1]
# Seconds until a scheduler has started, on a busy machine too.
PATIENCE = 120.0
# Files of a task with many, whose difference to one file is what files cost the client.
MANY = 64
# Seconds of a task that only waits: about as long as a photograph takes.
WAIT = 0.02
Work = Callable[[Source], Outcome]


class Kind(NamedTuple):
    """Pictures that two workers filter, cut into tasks of several sizes."""

    name: str
    size: tuple[int, int]  # height and width in pixels
    suffix: str
    number: int
    chunks: tuple[int, ...]


KINDS = (
    Kind("768x1024 JPEG", (768, 1024), ".jpg", 160, (1, 8)),
    Kind("64x64 PNG", (64, 64), ".png", 800, (1, 8)),
)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks cluster", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="repetitions, of which the median is shown")
    parser.add_argument("--tasks", type=int, default=1000, help="of a round, where tasks do nothing")
    parser.add_argument("--quick", action="store_true", help="a tenth of the files and tasks, one round")
    parser.add_argument("--json", metavar="FILE", help="also write the figures to FILE")
    options = parser.parse_args(argv)
    without_blas_settings("cluster", argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # which ends the cluster too
    rounds, tenth = (1, 10) if options.quick else (options.rounds, 1)
    report: dict[str, Any] = {"machine": machine()}
    with tempfile.TemporaryDirectory() as folder:
        report["overhead"] = [
            row for workers in (1, 2) for row in _overhead(workers, options.tasks // tenth, rounds)
        ]
        busy, calm = _costs(report["overhead"])
        busy["client_file"] = report["client_file"] = _client_of_convcli(Path(folder), 2000 // tenth, rounds)
        report["runs"] = _runs(Path(folder), calm, rounds, tenth)
    run = report["runs"][0]
    report["billion"] = billion(Costs(run["file"], **busy), run["read"], run["written"])
    report["chosen"] = {workers: _chosen(workers, run["file"]) for workers in WORKERS}
    print("\n\n".join(tables(report).values()))
    if options.json:
        Path(options.json).write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    return 0


# What the workers do. They import it from here.


def work_on(work: Work, sources: Sequence[Source]) -> tuple[float, list[Outcome]]:
    """Return the seconds that the work on a task's files takes, and their outcomes."""
    start = time.perf_counter()
    outcomes = [attempt(work, source) for source in sources]
    return time.perf_counter() - start, outcomes


def no_work(source: Source) -> Outcome:
    """Return what the work on a file returns, at once."""
    return Outcome(input=source.path, outputs=(f"results/{source.path}",))


def waiting(source: Source) -> Outcome:
    """Return the same after a while, in which the processor does nothing."""
    time.sleep(WAIT)
    return no_work(source)


@contextmanager
def _cluster(workers: int) -> Iterator[Any]:
    """Start a scheduler and workers on loopback; their client, which ends them."""
    distributed: Any = import_module("distributed")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        found = Path(folder, "scheduler.json")
        scheduler = ["dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
        worker = ["dask_worker", "--nthreads", "1", "--no-nanny", "--local-directory", folder]
        for name, *words in (scheduler, *[worker] * workers):
            command = [sys.executable, "-m", f"distributed.cli.{name}", *words]
            command += ["--scheduler-file", str(found), "--no-dashboard"]
            started = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
            running.callback(started.wait)
            running.callback(started.terminate)
        until = time.monotonic() + PATIENCE
        while not found.exists() and time.monotonic() < until:
            time.sleep(0.05)
        with distributed.Client(scheduler_file=str(found), set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=PATIENCE)
            yield client


def _spread(client: Any, work: Work, sources: Sequence[Source], chunk: int, workers: int) -> list[float]:
    """Send tasks of `chunk` files, a bounded number at a time; the seconds of the work on each."""
    distributed: Any = import_module("distributed")
    tasks = iter([sources[first : first + chunk] for first in range(0, len(sources), chunk)])
    send = partial(client.submit, work_on, work, pure=False)
    first = map(send, itertools.islice(tasks, AHEAD * workers))
    running = distributed.as_completed(first, loop=client.loop, with_results=True)
    taken = []
    for _, (seconds, outcomes) in running:
        if errors := [outcome.error.message for outcome in outcomes if outcome.error is not None]:
            raise SystemExit(errors[0])
        taken.append(seconds)
        for task in itertools.islice(tasks, 1):
            running.add(send(task))
    return taken


def _overhead(workers: int, tasks: int, rounds: int) -> list[dict[str, Any]]:
    """Measure tasks that do nothing or wait: seconds for each, and of the processes' processors."""
    rows = []
    sources = [Source(f"photographs/2026/{number:08}.jpg") for number in range(MANY * tasks)]
    with _cluster(workers) as client:
        _spread(client, no_work, sources[: tasks // 10], 1, workers)
        for work, count, chunk in ((no_work, tasks, 1), (no_work, tasks, MANY), (waiting, tasks // 5, 1)):
            runs = []
            for _ in range(rounds):
                before, start = _processor(client), time.perf_counter()
                _spread(client, work, sources[: count * chunk], chunk, workers)
                seconds = time.perf_counter() - start
                spent = {part: value - before[part] for part, value in _processor(client).items()}
                runs.append({"task": seconds, **spent})
            medians = {part: statistics.median(run[part] for run in runs) / count for part in runs[0]}
            rows.append({"workers": workers, "chunk": chunk, "waits": work is waiting, **medians})
    return rows


def _processor(client: Any) -> dict[str, float]:
    """Return the processor time so far of the scheduler, of all workers, and of this process."""
    return {
        "scheduler": client.run_on_scheduler(time.process_time),
        "worker": sum(client.run(time.process_time).values()),
        "client": time.process_time(),
    }


def _costs(overhead: list[dict[str, Any]]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the processor time per task and file of a scheduler that has much to do, and little.

    With much to do it handles several messages at once.
    """
    one, many, waits = overhead[-3:]
    per_file = max(0.0, (many["client"] - one["client"]) / (MANY - 1))
    busy, calm = ({part: row[part] for part in ("worker", "scheduler", "client")} for row in (one, waits))
    return {**busy, "client_file": per_file}, {**calm, "client_file": per_file}


def _runs(folder: Path, costs: dict[str, float], rounds: int, tenth: int) -> list[dict[str, Any]]:
    """Filter pictures with two workers; the seconds that were measured beside those simulated."""
    rows = []
    for kind in KINDS:
        paths = _pictures(folder / kind.name.replace(" ", "-"), kind, kind.number // tenth)
        sources, out = [Source(str(path)) for path in paths], folder / "out"
        work = _filtering(paths, out)
        with _cluster(2) as client:
            _timed(client, work, sources, len(paths) // 2)  # imports are done, outputs are there
            runs = [[_timed(client, work, sources, chunk) for chunk in kind.chunks] for _ in range(rounds)]
        read, written = (_bytes(files) / len(paths) for files in (paths, [*out.iterdir()]))
        file = statistics.median(run.file for each in runs for run in each)
        like = {"files": kind.name, "count": len(paths), "start": 0.0, "file": file}
        like |= {"read": read, "written": written}
        for chunk, found in zip(kind.chunks, zip(*runs, strict=True), strict=True):
            simulated = [_simulated(len(paths), chunk, Costs(one.file, **costs)) for one in found]
            rows.append({**like, "chunk": chunk, **_beside(simulated, [one.seconds for one in found])})
        shutil.rmtree(out)
        if kind is KINDS[0]:
            rows.append(_whole(paths, out, like, Costs(file, **costs), rounds))
    return rows


class Timed(NamedTuple):
    """Seconds of a run on two workers, and of each file in it: other programs change both."""

    seconds: float
    file: float


def _timed(client: Any, work: Work, sources: Sequence[Source], chunk: int) -> Timed:
    start = time.perf_counter()
    tasks = _spread(client, work, sources, chunk, 2)
    return Timed(time.perf_counter() - start, sum(tasks) / len(sources))


def _bytes(paths: Sequence[Path]) -> int:
    return sum(path.stat().st_size for path in paths)


def _beside(simulated: Sequence[float], measured: Sequence[float]) -> dict[str, float]:
    """Return the medians of seconds that were simulated and measured, and of their ratios."""
    ratios = [one / other for one, other in zip(simulated, measured, strict=True)]
    pairs = {"simulated": simulated, "measured": measured, "ratio": ratios}
    return {name: statistics.median(values) for name, values in pairs.items()}


def _whole(
    paths: Sequence[Path], out: Path, like: dict[str, Any], costs: Costs, rounds: int
) -> dict[str, Any]:
    """Measure convcli itself; its start, which is added to what is simulated, with two small pictures."""
    small = _pictures(paths[0].parent / "small", KINDS[1]._replace(size=(8, 8)), 2)
    chunk = _chosen(2, like["file"])
    seconds = [[_ran(files, out, "local").seconds for files in (small, paths)] for _ in range(rounds)]
    work = _simulated(len(paths), chunk, costs)
    found = _beside([start + work for start, _ in seconds], [whole for _, whole in seconds])
    return {**like, "chunk": chunk, "start": statistics.median(start for start, _ in seconds), **found}


def _chosen(workers: int, file: float) -> int:
    """Return the files that convcli puts into a task, of so many seconds each."""
    return min(MOST, max(1, int(max(LEAST, workers * OVERHEAD / USED) / file)))


def _ran(paths: Sequence[Path], out: Path, address: str) -> Process:
    """Run convcli on a cluster, with results that are not there yet."""
    shutil.rmtree(out, ignore_errors=True)
    options = ["-k", "sobel-x", "-q", "--jobs", "2", "--out-dir", str(out), "--cluster", address]
    ran = run([sys.executable, "-m", "convcli", "filter", *map(str, paths), *options])
    if ran is None:
        raise SystemExit("convcli failed")
    return ran


def _client_of_convcli(folder: Path, number: int, rounds: int) -> float:
    """Return the seconds of convcli's own processor for a file that workers filter: that of more of them."""
    paths = _pictures(folder / "tiny", KINDS[1]._replace(size=(8, 8)), 3 * number)
    with _cluster(2) as client:
        address, out = client.scheduler.address, folder / "out"
        few, many = (
            statistics.median(_ran(paths[:count], out, address).processor for _ in range(rounds))
            for count in (number, 3 * number)
        )
    return max(0.0, many - few) / (2 * number)


def _simulated(files: int, chunk: int, costs: Costs) -> float:
    """Return the simulated seconds of two workers whose cores the scheduler and the client use too."""
    beside = costs.scheduler + costs.client + chunk * costs.client_file
    shared = costs._replace(worker=costs.worker + beside * 2 / cores())
    return simulate(files, Farm(2, chunk, 2 * AHEAD), shared).seconds


def _filtering(paths: Sequence[Path], out: Path) -> Work:
    """Return what `convcli filter` does to each file."""
    from convcli.commands.filter.workflow import filter_files
    from convcli.options.specs import FilterSpec, ReadSpec, SheetSpec

    spec, writing = FilterSpec(jobs=1), SheetSpec(out_dir=str(out), force=True)
    return filter_files([*map(str, paths)], ["sobel-x"], spec, ReadSpec(), writing).work


def _pictures(folder: Path, kind: Kind, count: int) -> list[Path]:
    """Make files with the smooth areas and the noise of photographs: one, and copies of it."""
    folder.mkdir()
    with Image.open(ROOT / "sample_images" / "rocket.jpg") as image:
        pixels = np.asarray(image.resize(kind.size[::-1], Image.Resampling.BICUBIC), np.float32)
    noisy = np.clip(pixels + np.random.default_rng(0).normal(0, 2, pixels.shape), 0, 255)
    paths = [folder / f"{number:05}{kind.suffix}" for number in range(count)]
    Image.fromarray(np.rint(noisy).astype(np.uint8)).save(paths[0], quality=90)
    for path in paths[1:]:
        os.link(paths[0], path)
    return paths


def tables(report: dict[str, Any]) -> dict[str, str]:
    """Return the tables as they are printed, and as docs/scale.md shows them."""
    return {
        "overhead": "\n".join(_overhead_table(report)),
        "runs": "\n".join(_runs_table(report["runs"])),
        "billion": "\n".join(_billion_table(report["billion"])),
        "cases": "\n".join(_cases_table(report["billion"], report["chosen"])),
    }


def _overhead_table(report: dict[str, Any]) -> Iterator[str]:
    yield "microseconds from one task to the next, and of each process's processor for it"
    yield f"{'workers':<9}{'a task':<18}{'task':>8}{'scheduler':>11}{'worker':>8}{'client':>8}"
    for row in report["overhead"]:
        what = f"waits {1e3 * WAIT:.0f} ms" if row["waits"] else f"nothing, {_files(row['chunk'])}"
        cells = {part: f"{1e6 * row[part]:,.0f}" for part in ("task", "scheduler", "worker", "client")}
        yield (
            f"{row['workers']:<9}{what:<18}{cells['task']:>8}{cells['scheduler']:>11}"
            f"{cells['worker']:>8}{cells['client']:>8}"
        )


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _runs_table(rows: list[dict[str, Any]]) -> Iterator[str]:
    yield "two workers on this machine; seconds"
    yield f"{'':<26}{'files a task':>13}{'ms a file':>11}{'simulated':>11}{'measured':>10}{'ratio':>7}"
    for row in rows:
        who = "convcli, " if row["start"] else ""
        yield (
            f"{who + str(row['count']) + ' ' + row['files']:<26}{row['chunk']:>13}{1e3 * row['file']:>11.2f}"
            f"{row['simulated']:>11.2f}{row['measured']:>10.2f}{row['ratio']:>7.2f}"
        )


def _billion_table(found: dict[str, Any]) -> Iterator[str]:
    yield "hours for a billion files, simulated, and what limits them"
    yield f"{'workers':<9}" + "".join(f"{f'{chunk} a task':>17}" for chunk in CHUNKS)
    for workers in WORKERS:
        row = [pace for pace in found["grid"] if pace["workers"] == workers]
        yield f"{workers:<9,}" + "".join(f"{pace['hours']:>7.0f} {pace['limit']:<9}" for pace in row)


def _cases_table(found: dict[str, Any], chosen: dict[Any, int]) -> Iterator[str]:
    most, chunk = found["cases"][0]["workers"], found["cases"][0]["chunk"]
    yield f"{most:,} workers, {chunk} files a task"
    yield f"{'':<28}{'files/s':>9}{'simulated':>11}{'hours':>7}  limit"
    for row in found["cases"]:
        yield (
            f"{row['case']:<28}{row['rate']:>9,.0f}{row['simulated']:>11,.0f}{row['hours']:>7.1f}"
            f"  {row['limit']}"
        )
    lost = found["losses"]
    own = ", ".join(f"{_files(count)} for {int(workers):,}" for workers, count in chosen.items())
    yield f"from {_files(found['least_chunk'])} a task on, the scheduler is not the limit"
    yield f"convcli's own tasks: {own} workers"
    yield (
        f"{lost['count']} of {lost['of']:,} workers killed: {lost['again']} tasks done again, "
        f"{lost['longer'] - 1:.1%} longer"
    )
