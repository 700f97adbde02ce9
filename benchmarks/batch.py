"""Whole batches of files: convcli beside a threaded OpenCV script, GraphicsMagick by xargs, and mogrify.

Each filters the same photographs with the kernel sobel-x and writes the format that it read; all run in turn.
A ratio below 1 means that convcli is faster. What is not installed is named. With `--stages`, where the
milliseconds of one file go is measured instead, in this process.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from PIL import Image

from benchmarks.machine import machine, without_blas_settings

T = TypeVar("T")
# The command for a folder of inputs and one of outputs.
Program = Callable[[Path, Path], list[str]]

SAMPLES = Path(__file__).parents[1] / "sample_images"
# Photographs that differ, of each set; the other files are copies of them.
DIFFERENT = 4
# Weights of sobel-x, row by row.
FLAT = "-1,0,1,-2,0,2,-1,0,1"
OPENCV = """
import glob, os, sys
from concurrent.futures import ThreadPoolExecutor
import cv2
import numpy
cv2.setNumThreads(1)
kernel = numpy.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], numpy.float32)
def one(path):
    picture = cv2.imread(path, cv2.IMREAD_UNCHANGED)
    cv2.imwrite(os.path.join(sys.argv[2], os.path.basename(path)), cv2.filter2D(picture, -1, kernel))
with ThreadPoolExecutor(2) as pool:
    list(pool.map(one, sorted(glob.glob(os.path.join(sys.argv[1], "*")))))
"""
# What is run in a shell, which replaces the patterns; $0 is the folder of inputs, $1 that of outputs.
SHELL = {
    "gm, xargs -P2": 'ls "$0" | xargs -P2 -I@ gm convert "$0/@" -convolve "$2" "$1/@"',
    "mogrify": 'mogrify -path "$1" -morphology Convolve "3x3:$2" "$0"/*',
}
ONE, TWO = "1 job", "2 jobs"


class Set(NamedTuple):
    """Photographs of one format and size."""

    name: str
    sample: str  # what they are made of
    files: int
    quick: int  # their number with --quick
    size: tuple[int, int]  # height and width in pixels


SETS = {
    "jpeg": Set("768x1024 JPEG", "rocket.jpg", 200, 20, (768, 1024)),
    "png": Set("768x1024 PNG", "coffee.png", 60, 8, (768, 1024)),
    "jpeg-12mp": Set("3000x4000 JPEG", "rocket.jpg", 12, 2, (3000, 4000)),
    "png-12mp": Set("3000x4000 PNG", "coffee.png", 12, 2, (3000, 4000)),
}


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks batch", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="repetitions, of which the median is shown")
    parser.add_argument("--quick", action="store_true", help="a tenth of the files, one round")
    parser.add_argument("--only", choices=SETS, help="one set of files")
    parser.add_argument("--peers", default="opencv,gm,mogrify", help="which; none if empty")
    parser.add_argument("--stages", action="store_true", help="measure where one file's milliseconds go")
    parser.add_argument("--json", metavar="FILE", help="also write the figures to FILE")
    options = parser.parse_args(argv)
    without_blas_settings("batch", argv)
    report: dict[str, Any] = {"machine": machine()}
    chosen = {key: SETS[key] for key in SETS if options.only in (None, key)}
    with tempfile.TemporaryDirectory() as folder:
        if options.stages:
            report["stages"] = _stages(Path(folder), chosen, 3 if options.quick else 15)
        else:
            rounds = 1 if options.quick else options.rounds
            programs = _programs(options.peers.split(","))
            report["rows"] = [
                _row(Path(folder), key, one, programs, rounds, quick=options.quick)
                for key, one in chosen.items()
            ]
    if options.json:
        Path(options.json).write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    return 0


def _photographs(folder: Path, one: Set, count: int) -> list[Path]:
    """Make files with the smooth areas and the noise of photographs."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    with Image.open(SAMPLES / one.sample) as image:
        pixels = np.asarray(image.convert("RGB").resize(one.size[::-1], Image.Resampling.BICUBIC), np.float32)
    paths = [folder / f"{number:03}{Path(one.sample).suffix}" for number in range(count)]
    for number, path in enumerate(paths):
        if number >= DIFFERENT:
            shutil.copyfile(paths[number % DIFFERENT], path)
            continue
        noisy = np.roll(pixels, 100 * number, axis=1) + rng.normal(0, 2, pixels.shape).astype(np.float32)
        Image.fromarray(np.clip(np.rint(noisy), 0, 255).astype(np.uint8)).save(path, quality=90)
    return paths


def _programs(peers: list[str]) -> dict[str, Program]:
    """Return each program's command for a folder of inputs and one of outputs; print which are missing."""
    script = Path(sys.executable).with_name("convcli")
    ours = [str(script)] if script.exists() else [sys.executable, "-m", "convcli"]

    def of_jobs(jobs: str, inputs: Path, out: Path) -> list[str]:
        files = map(str, sorted(inputs.iterdir()))
        return [*ours, "filter", *files, "-k", "sobel-x", "-q", "--jobs", jobs, "--out-dir", str(out)]

    def in_shell(line: str, inputs: Path, out: Path) -> list[str]:
        return ["sh", "-c", line, str(inputs), str(out), FLAT]

    found: dict[str, Program] = {TWO: partial(of_jobs, "2"), ONE: partial(of_jobs, "1")}
    if "opencv" in peers and find_spec("cv2"):
        found["OpenCV script"] = lambda inputs, out: [sys.executable, "-c", OPENCV, str(inputs), str(out)]
    elif "opencv" in peers:
        print("OpenCV is not installed", file=sys.stderr)
    for name, line in SHELL.items():
        program = name.split(",")[0]
        if program in peers and shutil.which(program) is None:
            print(f"{program} is not installed", file=sys.stderr)
        elif program in peers:
            found[name] = partial(in_shell, line)
    return found


def _row(
    folder: Path, key: str, one: Set, programs: dict[str, Program], rounds: int, *, quick: bool
) -> dict[str, Any]:
    """Measure all programs on one set in turn, print and return the medians, ratios and sizes."""
    count, inputs, out = one.quick if quick else one.files, folder / key, folder / f"{key}-out"
    _photographs(inputs, one, count)
    times: dict[str, list[float]] = {name: [] for name in programs}
    sizes = dict[str, int]()
    for _ in range(rounds):
        for name, command in programs.items():
            out.mkdir()
            times[name].append(_seconds(command(inputs, out)))
            written = list(out.glob("[!.]*"))  # without the manifest
            sizes[name] = sum(path.stat().st_size for path in written)
            if (made := len(written)) != count:
                raise SystemExit(f"{name} wrote {made} files of {count}")
            shutil.rmtree(out)
    shutil.rmtree(inputs)
    seconds = {name: statistics.median(taken) for name, taken in times.items()}
    ratios = {name: seconds[TWO] / seconds[name] for name in programs if name not in (ONE, TWO)}
    speedup = seconds[ONE] / seconds[TWO]
    megabytes = {name: size / 1e6 for name, size in sizes.items()}
    print(f"{count} x {one.name}: two jobs are {speedup:.2f} times as fast as one")
    print(f"  {'':<16}{'seconds':>9}{'ours/theirs':>13}{'MB written':>12}")
    for name in programs:
        ratio = f"{ratios[name]:.2f}" if name in ratios else ""
        print(f"  {name:<16}{seconds[name]:>9.2f}{ratio:>13}{megabytes[name]:>12.1f}", flush=True)
    return {
        "key": key,
        "files": one.name,
        "count": count,
        "seconds": seconds,
        "ratios": ratios,
        "speedup": speedup,
        "megabytes": megabytes,
    }


def _seconds(command: list[str]) -> float:
    dropped = ("OPENBLAS_", "PYTHONDONTWRITEBYTECODE")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    os.sync()  # what the program before has left to be written is not ours
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - start


# Stages of a file in order; the rest is names, checks and notes.
STAGES = ("read", "decode", "compute", "pixels", "encode", "write", "rest")


def _stages(folder: Path, sets: dict[str, Set], rounds: int) -> list[dict[str, Any]]:
    """Measure, print and return the milliseconds of each stage of one file, for one job."""
    from convcli.pipeline.executors.freed_memory import keep_freed_memory

    keep_freed_memory()  # as batches do
    rows = []
    print(f"{'ms per file':<15}" + "".join(f"{name:>9}" for name in (*STAGES, "whole")))
    for key, one in sets.items():
        paths = _photographs(folder / key, one, DIFFERENT)
        few = max(3, rounds // 5) if one.size[0] > 2000 else rounds
        runs = [_one_file(path, folder / "out") for _ in range(few) for path in paths]
        found = {name: statistics.median(run[name] for run in runs) for name in (*STAGES, "whole")}
        print(f"{one.name:<15}" + "".join(f"{found[name]:>9.2f}" for name in found), flush=True)
        rows.append({"key": key, "files": one.name, "milliseconds": found})
    return rows


def _one_file(path: Path, out: Path) -> dict[str, float]:
    """Return the milliseconds of each stage of one file, and of the whole as the program does it."""
    from convcli.atomic_write import write_bytes
    from convcli.commands.filter.workflow import filter_files
    from convcli.imaging.reading.read import read_picture
    from convcli.imaging.writing.encode import encode_picture
    from convcli.options.specs import FilterSpec, ReadSpec, SheetSpec
    from convcli.pipeline.batch import Source, attempt
    from convcli.pipeline.process import FileWork
    from convcli.pipeline.results import to_image

    spent = dict.fromkeys(STAGES, 0.0)

    def timed(stage: str, work: Callable[..., T]) -> Callable[..., T]:
        def call(*arguments: Any, **named: Any) -> T:
            start = time.perf_counter()
            result = work(*arguments, **named)
            spent[stage] += 1e3 * (time.perf_counter() - start)
            return result

        return call

    spec = FilterSpec(jobs=1)
    work = filter_files([str(path)], ["sobel-x"], spec, ReadSpec(), SheetSpec(out_dir=str(out))).work
    assert isinstance(work, FileWork)
    whole = timed("rest", lambda: attempt(work, Source(str(path))))()
    if whole.error is not None:
        raise whole.error
    (written,) = map(Path, whole.outputs)
    expected = written.read_bytes()
    written.unlink()

    data = timed("read", path.read_bytes)()
    picture = timed("decode", read_picture)(data)
    (format,) = (target.format for target in work.paths.targets(Source(str(path)), ["x"], picture.format))
    lazy = work.operation.lazy_maps(picture.frames[0])
    assert lazy is not None
    maps = [one._replace(values=one.values._replace(rows=timed("compute", one.values.rows))) for one in lazy]
    signed = partial(work.operation.signed, 0)
    result = timed("pixels", to_image)(picture, maps, spec, format, signed=signed)
    spent["pixels"] -= spent["compute"]
    made = timed("encode", encode_picture)(result.image, format, jobs=1).data
    timed("write", write_bytes)(str(written), made)
    if made != expected:
        raise SystemExit(f"{path}: the stages do not give what the program writes")
    written.unlink()
    total = spent["rest"]
    spent["rest"] = total - sum(spent[name] for name in STAGES[:-1])
    return {**spent, "whole": total}
