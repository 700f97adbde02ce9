"""Our `conv2d` beside PyTorch on the first layers of ResNet and VGG, and a few others: float32, one picture.

The same number of threads on both sides, each allocates its own output, both run in turn in one process. A
ratio below 1 means that convcli is faster.
"""

import argparse
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.machine import cores, interleaved, machine, without_blas_settings
from convcli.engine.layers.conv2d import conv2d


class Case(NamedTuple):
    """Channels in and out, kernel, stride, padding, side of the picture, groups."""

    inputs: int
    outputs: int
    kernel: int
    stride: int
    padding: int
    side: int
    groups: int = 1


CASES = {
    "resnet conv1": Case(3, 64, 7, 2, 3, 224),
    "vgg conv1_1": Case(3, 64, 3, 1, 1, 224),
    "vgg conv1_2": Case(64, 64, 3, 1, 1, 224),
    "vgg conv2_1": Case(64, 128, 3, 1, 1, 112),
    "resnet layer1": Case(64, 64, 3, 1, 1, 56),
    "resnet layer4": Case(512, 512, 3, 1, 1, 7),
    "pointwise": Case(64, 256, 1, 1, 0, 56),
    "depthwise": Case(32, 32, 3, 1, 1, 112, 32),
    "one map": Case(3, 1, 5, 1, 2, 512),
}


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks layers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="repetitions, of which the median is shown")
    parser.add_argument("--threads", type=int, default=cores(), help="of us and PyTorch")
    parser.add_argument("--only", metavar="TEXT", default="", help="layers whose name holds TEXT")
    parser.add_argument("--json", metavar="FILE", help="also write the figures to FILE")
    options = parser.parse_args(argv)
    without_blas_settings("layers", argv)

    torch = _torch(options.threads)
    print(f"{options.threads} threads; milliseconds, giga multiply-adds a second, our time over PyTorch's")
    print(f"{'layer':<16}{'ours':>8}{'G/s':>8}{'PyTorch':>9}{'ratio':>8}", flush=True)
    rows = []
    for name, case in CASES.items():
        if options.only in name:
            row = _compare(name, case, torch, options.rounds, options.threads)
            rows.append(row)
            peer = f"{row['torch'] * 1e3:>9.2f}{row['ratio']:>8.2f}" if torch else f"{'-':>9}{'-':>8}"
            print(f"{name:<16}{row['ours'] * 1e3:>8.2f}{row['rate']:>8.0f}{peer}", flush=True)
    if options.json:
        report = {"threads": options.threads, "machine": machine(), "rows": rows}
        Path(options.json).write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    return 0


def _torch(threads: int) -> Any:
    try:
        torch = import_module("torch")
    except (ImportError, OSError) as error:
        print(f"without PyTorch: {error}", file=sys.stderr)
        return None
    torch.set_num_threads(threads)
    return torch


def _compare(name: str, case: Case, torch: Any, rounds: int, threads: int) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1, case.inputs, case.side, case.side), np.float32)
    depth = case.inputs // case.groups
    weight = rng.standard_normal((case.outputs, depth, case.kernel, case.kernel), np.float32)
    bias = rng.standard_normal(case.outputs, np.float32)
    window: dict[str, Any] = {"stride": case.stride, "padding": case.padding, "groups": case.groups}
    actions = {"ours": lambda: conv2d(x, weight, bias, **window, jobs=threads)}
    if torch:
        arrays = [torch.from_numpy(array) for array in (x, weight, bias)]

        def peer() -> Any:
            with torch.inference_mode():
                return torch.conv2d(*arrays, **window)

        actions["torch"] = peer
    times = interleaved(actions, rounds)
    macs = actions["ours"]().size * depth * case.kernel**2
    row = {"layer": name, **case._asdict(), **times, "rate": macs / times["ours"] / 1e9}
    return row | ({"ratio": times["ours"] / times["torch"]} if torch else {})
