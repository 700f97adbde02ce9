"""Shared by the benchmarks: a clean environment, interleaved timing, test pictures, which machine it is."""

import argparse
import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

# Seconds; an action that takes longer than this is run once.
PATIENCE = 2.0

# Environment that restricts OpenBLAS to its AVX2 kernels, as on a machine without AVX-512.
AVX2 = {"OPENBLAS_CORETYPE": "Haswell"}


def without_blas_settings(name: str, argv: list[str], *, older: bool = False) -> None:
    """Start again without ``OPENBLAS_*`` variables, which hold the library to older or fewer instructions.

    With `older`, start again with the one that holds it to AVX2, and no other.
    """
    wanted = AVX2 if older else {}
    found = {key: value for key, value in os.environ.items() if key.startswith("OPENBLAS_")}
    if found == wanted:
        return
    names = ", ".join(f"{key}={value}" for key, value in wanted.items()) or "without " + ", ".join(found)
    print(f"started again {'with ' if wanted else ''}{names}", file=sys.stderr, flush=True)
    clean = {key: value for key, value in os.environ.items() if key not in found} | wanted
    os.execve(sys.executable, [sys.executable, "-m", "benchmarks", name, *argv], clean)


# Seconds after which PyTorch's busily waiting threads have gone to sleep.
PAUSE = 0.02


def interleaved(actions: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each action, all of them run in turn, `rounds` times after a first.

    Beside PyTorch, whose threads wait busily for more work on our cores, each waits until they sleep.
    """
    pause = PAUSE if "torch" in actions else 0.0
    times: dict[str, list[float]] = {name: [] for name in actions}
    for number in range(rounds + 1):
        for name, action in actions.items():
            if times[name] and times[name][0] > PATIENCE:
                continue
            time.sleep(pause)
            start = time.perf_counter()
            result = action()
            times[name].append(time.perf_counter() - start)
            del result
        if number == 0:
            # The first round warms up; only what is too slow to repeat keeps its time.
            times = {name: [t for t in taken if t > PATIENCE] for name, taken in times.items()}
    return {name: statistics.median(taken) for name, taken in times.items()}


def peer_options(
    name: str, about: str | None, argv: list[str], peers: Iterable[str], *, rounds: int
) -> argparse.Namespace:
    """Read the options of a benchmark beside peers, and start again if the environment slows BLAS."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks {name}", description=about)
    parser.add_argument("--size", type=int, default=4096, help="side of the square picture")
    parser.add_argument(
        "--rounds", type=int, default=rounds, help="repetitions, of which the median is shown"
    )
    parser.add_argument("--threads", type=int, default=cores(), help="of us, OpenCV and PyTorch")
    parser.add_argument("--only", metavar="TEXT", default="", help="rows whose name holds TEXT")
    parser.add_argument("--peers", default=",".join(peers), help="which, by their modules' names")
    parser.add_argument("--avx2", action="store_true", help="hold NumPy's BLAS to AVX2 instructions")
    parser.add_argument("--quick", action="store_true", help="512x512 and three rounds")
    parser.add_argument("--json", metavar="FILE", help="also write the figures to FILE")
    options = parser.parse_args(argv)
    options.peers = options.peers.split(",")
    if strangers := set(options.peers) - set(peers):
        parser.error(f"no peers: {', '.join(sorted(strangers))}; known are {', '.join(peers)}")
    if options.quick:
        options.size, options.rounds = 512, 3
    without_blas_settings(name, argv, older=options.avx2)
    return options


def write_report(options: argparse.Namespace, rows: list[dict[str, Any]]) -> None:
    """Write the figures of a benchmark beside peers to the file that was asked for, if any."""
    if options.json:
        report = {"size": options.size, "threads": options.threads, "machine": machine(), "rows": rows}
        Path(options.json).write_text(json.dumps(report, indent=1) + "\n", "utf-8")


def importable(names: Sequence[str], modules: Mapping[str, str], threads: int) -> dict[str, Any]:
    """Return the peers that can be imported, held to `threads`; the others are named on stderr."""
    found = {}
    for name in names:
        try:
            found[name] = import_module(modules.get(name, name))
        except (ImportError, OSError) as error:
            print(f"without {name}: {error}", file=sys.stderr)
    if "cv2" in found:
        found["cv2"].setNumThreads(threads)
    if "torch" in found:
        found["torch"].set_num_threads(threads)
    return found


def cell(ratio: float | None) -> str:
    """Return a ratio as a table shows it."""
    return f"{'-':>12}" if ratio is None else f"{ratio:>12.3f}"


def picture(size: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return a square float32 picture of smooth noise between 0 and 1."""
    return np.random.default_rng(0).random((size, size), np.float32)


class Process(NamedTuple):
    """What a whole process took: seconds, seconds of the processor, and bytes of memory, at most."""

    seconds: float
    processor: float
    peak: int


def run(command: Sequence[str]) -> Process | None:
    """Run a program, which sees no ``OPENBLAS_*`` variables, without its stdout; None if it failed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
    os.sync()  # what the program before has left to be written is not this one's
    start = time.perf_counter()
    started = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, used = os.wait4(started.pid, 0)
    seconds = time.perf_counter() - start
    started.returncode = os.waitstatus_to_exitcode(status)
    if started.returncode:
        print(f"status {started.returncode}: {shlex.join(command)[:200]}", file=sys.stderr)
        return None
    return Process(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def machine() -> dict[str, Any]:
    """Return the processor and the versions that a report names."""
    return {"cpu": _cpu(), "cores": cores(), "python": platform.python_version(), "numpy": np.__version__}


def cores() -> int:
    """Return how many cores this process may use."""
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
