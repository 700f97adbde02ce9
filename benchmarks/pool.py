"""Our `pool2d` beside PyTorch, OpenCV, scikit-image and SciPy, on one large channel.

All cores on every side (scikit-image and SciPy use one), each side allocates its own output, all run in turn
in one process. A ratio below 1 means that convcli is faster. Peers that cannot be imported are named.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from benchmarks.machine import (
    cell,
    importable,
    interleaved,
    peer_options,
    picture,
    write_report,
)
from convcli.engine.pooling.pool2d import pool2d

Picture = Any
Runner = Callable[[], Any]


class Case(NamedTuple):
    """One pooling: windows of `size` squared, `stride` apart, without padding but for `same`."""

    name: str
    mode: str
    size: int
    stride: int
    kind: str = "float32"
    same: bool = False


CASES = (
    Case("max 2", "max", 2, 2),
    Case("max 3 stride 2", "max", 3, 2),
    Case("avg 2", "avg", 2, 2),
    Case("avg 4", "avg", 4, 4),
    Case("max 7 sliding", "max", 7, 1, same=True),
    Case("max 31 sliding", "max", 31, 1, same=True),
    Case("median 3 sliding", "median", 3, 1, same=True),
    Case("lp 2", "lp", 2, 2),
    Case("uint8 max 2", "max", 2, 2, "uint8"),
    Case("uint8 max 3 stride 2", "max", 3, 2, "uint8"),
    Case("uint8 avg 2", "avg", 2, 2, "uint8"),
    Case("uint8 max 7 sliding", "max", 7, 1, "uint8", same=True),
    Case("uint8 median 3 sliding", "median", 3, 1, "uint8", same=True),
)


def main(argv: list[str]) -> int:
    options = peer_options("pool", __doc__, argv, PEERS, rounds=7)
    size, rounds = options.size, options.rounds

    peers = importable(options.peers, MODULES, options.threads)
    print(f"{size}x{size}, {options.threads} threads; ns per input pixel, and our time over each peer's")
    print(f"{'pooling':<24}{'ours':>8}" + "".join(f"{name:>12}" for name in peers), flush=True)
    rows = []
    for case in CASES:
        if options.only in case.name:
            row = _compare(case, size, peers, rounds, options.threads)
            rows.append(row)
            ratios = "".join(cell(row["ratios"].get(peer)) for peer in peers)
            print(f"{case.name:<24}{row['ns']:>8.2f}{ratios}", flush=True)
    write_report(options, rows)
    return 0


def _compare(case: Case, size: int, peers: dict[str, Any], rounds: int, threads: int) -> dict[str, Any]:
    single = picture(size)
    image: Picture = (single * 255).astype(np.uint8) if case.kind == "uint8" else single
    padding = "same" if case.same else 0
    actions: dict[str, Runner] = {
        "ours": lambda: pool2d(
            image, case.size, mode=case.mode, stride=case.stride, padding=padding, jobs=threads
        )
    }
    for peer, module in peers.items():
        runner = PEERS[peer](module, image, case)
        if runner is not None:
            actions[peer] = runner
    times = interleaved(actions, rounds)
    ours = times.pop("ours")
    return {
        "pooling": case.name,
        "ns": ours / image.size * 1e9,
        "seconds": {"ours": ours, **times},
        "ratios": {peer: ours / taken for peer, taken in times.items()},
    }


def _torch(torch: Any, image: Picture, case: Case) -> Runner | None:
    if case.kind == "uint8" or case.mode == "median":
        return None  # its pooling knows floats alone, and no medians
    x = torch.from_numpy(image)[None, None]
    known = torch.nn.functional
    padding = case.size // 2 if case.same else 0

    def run() -> Any:
        with torch.inference_mode():
            if case.mode == "max":
                return known.max_pool2d(x, case.size, case.stride, padding)
            if case.mode == "avg":
                return known.avg_pool2d(x, case.size, case.stride)
            return known.lp_pool2d(x, 2, case.size, case.stride)

    return run


def _opencv(cv2: Any, image: Picture, case: Case) -> Runner | None:
    if case.mode == "avg" and case.size == case.stride:
        smaller = (image.shape[1] // case.size, image.shape[0] // case.size)
        return lambda: cv2.resize(image, smaller, interpolation=cv2.INTER_AREA)
    if case.mode == "max" and case.same:
        block = np.ones((case.size, case.size), np.uint8)
        return lambda: cv2.dilate(image, block)
    if case.mode == "median":
        return lambda: cv2.medianBlur(image, case.size)
    return None


def _skimage(measure: Any, image: Picture, case: Case) -> Runner | None:
    if case.stride != case.size or case.mode not in ("max", "avg"):
        return None
    reduce = np.max if case.mode == "max" else np.mean
    return lambda: measure.block_reduce(image, case.size, reduce)


def _scipy(ndimage: Any, image: Picture, case: Case) -> Runner | None:
    if not case.same:
        return None
    peer = ndimage.maximum_filter if case.mode == "max" else ndimage.median_filter
    return lambda: peer(image, case.size)


MODULES = {"skimage": "skimage.measure", "scipy": "scipy.ndimage"}
PEERS: dict[str, Callable[[Any, Picture, Case], Runner | None]] = {
    "torch": _torch,
    "cv2": _opencv,
    "skimage": _skimage,
    "scipy": _scipy,
}
