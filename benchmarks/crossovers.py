"""Where one method overtakes another, against what the planner expects: ns per pixel on float32 pictures."""

import argparse
import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import cores, interleaved, machine, picture, without_blas_settings
from convcli.choices import Method
from convcli.engine.correlation.correlate import correlate
from convcli.engine.correlation.plan import plan

METHODS = [method for method in Method if method is not Method.AUTO]
# Most non-zero weights that the direct method is tried with: more take too long.
DIRECT_UP_TO = 21**2


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks crossovers", description=__doc__)
    parser.add_argument("--size", type=int, default=2048, help="side of the square picture")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=cores())
    parser.add_argument("--json", metavar="FILE", help="also write the figures to FILE")
    options = parser.parse_args(argv)
    without_blas_settings("crossovers", argv)

    image = picture(options.size)
    print(f"{options.size}x{options.size}, {options.threads} threads; * fastest, planned: what auto chooses")
    print(f"{'kernel':<14}" + "".join(f"{method:>12}" for method in METHODS) + "   planned", flush=True)
    rows = []
    for name, kernel in _kernels().items():
        tried = [m for m in METHODS if m is not Method.DIRECT or np.count_nonzero(kernel) <= DIRECT_UP_TO]
        actions = {str(m): partial(correlate, image, kernel, method=m, jobs=options.threads) for m in tried}
        times = {m: t / image.size * 1e9 for m, t in interleaved(actions, options.rounds).items()}
        best = min(times, key=lambda m: times[m])
        chosen = str(plan(kernel, image.shape, image.dtype).method)
        cells = "".join(_cell(times.get(str(method)), str(method) == best) for method in METHODS)
        lost = times[chosen] / times[best] - 1
        note = f"   {chosen}" + (f", {lost:.0%} slower" if lost > 0.1 else "")
        print(f"{name:<14}{cells}{note}", flush=True)
        rows.append({"kernel": name, "ns": times, "best": best, "planned": chosen})
    if options.json:
        report = {"size": options.size, "threads": options.threads, "machine": machine(), "rows": rows}
        Path(options.json).write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    return 0


def _kernels() -> dict[str, Any]:
    rng = np.random.default_rng(1)
    found: dict[str, Any] = {}
    for n in (2, 3, 4, 5, 7, 9, 11, 13, 15, 21, 31):
        found[f"dense {n}"] = rng.normal(0, 1, (n, n))
    for n in (3, 5, 7, 9, 11, 15, 21, 31):
        found[f"rank 1, {n}"] = np.outer(rng.random(n), rng.random(n))
    for n in (5, 9, 15, 31):
        found[f"rank 2, {n}"] = sum(np.outer(rng.random(n), rng.random(n)) for _ in range(2))
    for n in (3, 5, 15):
        found[f"box {n}"] = np.ones((n, n))
        found[f"cross {n}"] = np.where((np.arange(n) == n // 2) | (np.arange(n)[:, None] == n // 2), 0.5, 0.0)
    return found


def _cell(ns: float | None, best: bool) -> str:
    return f"{'-':>12}" if ns is None else f"{ns:>11.2f}{'*' if best else ' '}"
