"""`fit_kernel` on 12 megapixels, beside `numpy.linalg.lstsq` on unfolded windows and a descent by PyTorch.

The first table is of whole processes that do nothing else, so that their largest memory can be told. The
second is of a picture whose windows NumPy can hold; PyTorch descends by Adam over all pixels until its loss
is within 1% of the least squares, or for as long as it may. A ratio below 1 means that convcli is faster.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import cores, importable, interleaved, machine, without_blas_settings
from convcli.engine.correlation.correlate import correlate
from convcli.engine.fitting.fit import fit_kernel

# Height and width in pixels.
SHAPE = (3000, 4000)

# Standard deviation of the noise in the target, in grey levels.
NOISE = 0.01

# Run in a process of its own, so that its memory is its own.
WHOLE = """
import json, resource, sys, time
import numpy as np
from benchmarks.learn import pair
from convcli.engine.fitting.fit import fit_kernel
rows, columns, size, threads = map(int, sys.argv[1:])
image, target, kernel = pair((rows, columns), size)
start, busy = time.perf_counter(), time.process_time()
fit = fit_kernel(image, target, size, jobs=threads)
seconds, busy = time.perf_counter() - start, time.process_time() - busy
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
error = float(np.abs(fit.weights - kernel).max())
expected = float(fit.errors.max())
figures = {"seconds": seconds, "cpu": busy, "megabytes": memory, "error": error, "expected": expected}
print(json.dumps(figures))
"""


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks learn", description=__doc__)
    parser.add_argument("--size", type=int, default=400, help="side of the square picture beside peers")
    parser.add_argument("--rounds", type=int, default=3, help="repetitions, of which the median is shown")
    parser.add_argument("--threads", type=int, default=cores())
    parser.add_argument("--patience", type=float, default=60, help="seconds that PyTorch may descend")
    parser.add_argument("--quick", action="store_true", help="1 megapixel, 200x200 beside peers, 10 seconds")
    parser.add_argument("--json", metavar="FILE", help="also write the figures to FILE")
    options = parser.parse_args(argv)
    without_blas_settings("learn", argv)
    shape = SHAPE
    if options.quick:
        options.size, options.patience, shape = 200, 10.0, (1000, 1000)

    whole = _whole(shape, options.threads)
    peers = importable(["torch"], {}, options.threads)
    side, patience = options.size, options.patience
    print(f"\n{side}x{side}, {options.threads} threads; seconds, and our time over each peer's")
    print(f"{'kernel':<10}{'ours':>9}{'lstsq':>9}{'ratio':>8}{'torch':>9}{'ratio':>8}  {'torch ended':<24}")
    beside = [_beside(n, side, peers.get("torch"), options) for n in (3, 5, 9, 15)]
    if options.json:
        report = {"shape": shape, "side": side, "threads": options.threads, "patience": patience}
        report |= {"machine": machine(), "whole": whole, "beside": beside}
        Path(options.json).write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    return 0


def pair(shape: tuple[int, int], size: int) -> tuple[Any, Any, Any]:
    """Return a smooth 8-bit picture, its filtered float32 picture with noise, and the kernel."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, shape, np.uint8)
    image = correlate(image, np.full((2, 2), 0.25), dtype=np.uint8)
    kernel = rng.normal(0, 1 / size, (size, size))
    target = correlate(image, kernel, bias=3.0)
    for row in target:
        row += rng.normal(0, NOISE, row.shape).astype(np.float32)
    return image, target, kernel


def _whole(shape: tuple[int, int], threads: int) -> list[dict[str, Any]]:
    print(f"{shape[0]}x{shape[1]}, {threads} threads; the process's largest memory, pictures included")
    print(
        f"{'kernel':<10}{'seconds':>9}{'of CPU':>9}{'MB':>8}{'largest error':>16}{'standard error':>16}",
        flush=True,
    )
    rows = []
    for size in (3, 5, 9, 15, 21):
        command = [sys.executable, "-c", WHOLE, *map(str, (*shape, size, threads))]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        row = {"kernel": size, **json.loads(done.stdout)}
        errors = f"{row['error']:>16.2e}{row['expected']:>16.2e}"
        print(
            f"{_square(size):<10}{row['seconds']:>9.2f}{row['cpu']:>9.2f}{row['megabytes']:>8.0f}{errors}",
            flush=True,
        )
        rows.append(row)
    return rows


def _beside(size: int, side: int, torch: Any, options: argparse.Namespace) -> dict[str, Any]:
    image, target, _ = pair((side, side), size)
    actions: dict[str, Callable[[], Any]] = {
        "ours": lambda: fit_kernel(image, target, size, jobs=options.threads),
        "lstsq": lambda: _unfolded(image, target, size),
    }
    row: dict[str, Any] = {"kernel": size, **interleaved(actions, options.rounds)}
    fit, (weights, *_) = actions["ours"](), actions["lstsq"]()
    np.testing.assert_allclose(fit.weights.ravel(), weights[:-1], rtol=0, atol=1e-9)
    line = f"{_square(size):<10}{row['ours']:>9.3f}{row['lstsq']:>9.3f}{row['ours'] / row['lstsq']:>8.3f}"
    if torch:
        row["torch"], row["steps"], row["excess"] = _descend(torch, image, target, size, fit.loss, options)
        ended = f"step {row['steps']}, loss {row['excess']:+.0%}"
        line += f"{row['torch']:>9.2f}{row['ours'] / row['torch']:>8.4f}  {ended}"
    print(line, flush=True)
    return row


def _unfolded(image: Any, target: Any, size: int) -> Any:
    padded = np.pad(image.astype(np.float64), size // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size)).reshape(-1, size * size)
    matrix = np.column_stack([windows, np.ones(len(windows))])
    return np.linalg.lstsq(matrix, target.ravel().astype(np.float64), rcond=None)


def _descend(
    torch: Any, image: Any, target: Any, size: int, goal: float, options: argparse.Namespace
) -> tuple[float, int, float]:
    """Return the seconds and steps it took, and the share by which the loss is still above the goal."""
    half = size // 2
    start = time.perf_counter()
    # Pixels about their mean, as a careful user would prepare them: raw ones converge far more slowly.
    x = torch.from_numpy(image.astype(np.float32) / 255 - 0.5)[None, None]
    x = torch.nn.functional.pad(x, (half,) * 4, mode="reflect")
    y = torch.from_numpy(target)[None, None] / 255
    weight = torch.zeros((1, 1, size, size), requires_grad=True)
    bias = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.Adam([weight, bias], lr=0.02)
    step, excess = 0, float("inf")
    while excess > 0.01 and time.perf_counter() - start < options.patience:
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(torch.conv2d(x, weight, bias), y)
        loss.backward()
        optimizer.step()
        step, excess = step + 1, loss.item() * 255**2 / goal - 1
    return time.perf_counter() - start, step, excess


def _square(size: int) -> str:
    return f"{size}x{size}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
