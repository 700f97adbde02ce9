"""Our `correlate` beside OpenCV, SciPy, scikit-image, PyTorch and libvips: reflect padding.

All cores on every side (SciPy and scikit-image use one), each side allocates its own output, all run in turn
in one process. A ratio below 1 means that convcli is faster. Peers that cannot be imported are named. The
column `goal` is the ratio to OpenCV's `filter2D` that is aimed at, `cv2.sep` is its `sepFilter2D`. Rows named
`8 bits` read and write bytes, `stride 2` is beside filtering and taking every second pixel, and `small` is a
picture of a sixteenth of the pixels.
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
from convcli.engine.correlation.correlate import correlate
from convcli.engine.correlation.plan import plan

Picture = Any
Runner = Callable[[], Any]


class Case(NamedTuple):
    """A row of the table: a kernel, the ratio to OpenCV that is aimed at, and how it is applied."""

    name: str
    kernel: Any
    goal: float
    bytes: bool = False
    stride: int = 1
    small: bool = False
    line: Any = None  # the row of a separable kernel, for `cv2.sep`


def main(argv: list[str]) -> int:
    options = peer_options("engine", __doc__, argv, PEERS, rounds=7)
    peers = importable(options.peers, MODULES, options.threads)
    size = options.size
    print(f"{size}x{size}, {options.threads} threads; ns per pixel, and our time over each peer's")
    heads = "".join(f"{name:>12}" for name in peers)
    print(f"{'kernel':<20}{'method':<11}{'ours':>7}{'goal':>7}{heads}", flush=True)
    rows = []
    for case in cases():
        if options.only not in case.name:
            continue
        image = picture(size // 4 if case.small else size)
        if case.bytes:
            image = (image * 255).astype(np.uint8)
        row = _compare(case, image, peers, options.rounds * (4 if case.small else 1), options.threads)
        rows.append(row)
        ratios = "".join(cell(row["ratios"].get(peer)) for peer in peers)
        print(f"{case.name:<20}{row['method']:<11}{row['ns']:>7.2f}{case.goal:>7.2f}{ratios}", flush=True)
    write_report(options, rows)
    return 0


def cases() -> list[Case]:
    """Return the rows."""
    rng = np.random.default_rng(1)
    dense = {n: rng.normal(0, 1, (n, n)) for n in (3, 5, 7, 9, 11, 15, 21, 31, 51, 63)}
    goals = (1.25, 1.1, 1.25, 1.25, 1.25, 0.4, 0.4, 0.35, 0.6, 0.6)
    sobel = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    seven, wide = _gaussian(7, 1.4), _gaussian(31, 5.0)
    return [
        Case("sobel-x", sobel, 1.1),
        Case("laplacian", np.array([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]), 1.1),
        Case("sharpen", np.array([[0.0, -1, 0], [-1, 5, -1], [0, -1, 0]]), 1.1),
        *(Case(f"dense {n}", dense[n], goal) for n, goal in zip(dense, goals, strict=True)),
        Case("gaussian 3", np.outer([1, 2, 1], [1, 2, 1]) / 16, 1.1, line=np.array([1.0, 2, 1]) / 4),
        Case("gaussian 7", np.outer(seven, seven), 0.95, line=seven),
        Case("gaussian 31", np.outer(wide, wide), 0.2, line=wide),
        Case("box 15", np.full((15, 15), 1 / 225), 0.2, line=np.full(15, 1 / 15)),
        Case("log 9", _log(9, 1.4), 1.25),
        Case("8 bits, sobel-x", sobel, 1.2, bytes=True),
        Case("8 bits, gaussian 7", np.outer(seven, seven), 1.5, bytes=True, line=seven),
        Case("8 bits, dense 5", dense[5], 1.6, bytes=True),
        Case("stride 2, dense 5", dense[5], 1.0, stride=2),
        Case("small, sobel-x", sobel, 3.0, small=True),
        Case("small, dense 7", dense[7], 2.5, small=True),
        Case("small, dense 31", dense[31], 0.8, small=True),
    ]


def _gaussian(size: int, sigma: float) -> Any:
    line = np.exp(-((np.arange(size) - size // 2) ** 2) / (2 * sigma**2))
    return line / line.sum()


def _log(size: int, sigma: float) -> Any:
    square = (np.arange(size) - size // 2) ** 2 / (2 * sigma**2)
    radius = square[:, None] + square
    return (radius - 1) * np.exp(-radius)


def _compare(case: Case, image: Picture, peers: dict[str, Any], rounds: int, threads: int) -> dict[str, Any]:
    kernel, stride = case.kernel, case.stride
    kind = image.dtype
    actions: dict[str, Runner] = {
        "ours": lambda: correlate(image, kernel, stride=stride, dtype=kind, jobs=threads)
    }
    for peer, module in peers.items():
        runner = PEERS[peer](module, image, case)
        if runner is not None:
            actions[peer] = runner
    times = interleaved(actions, rounds)
    ours = times.pop("ours")
    return {
        "kernel": case.name,
        "method": str(plan(kernel, image.shape, kind, (stride, stride)).method),
        "ns": ours / image.size * 1e9,
        "goal": case.goal,
        "seconds": {"ours": ours, **times},
        "ratios": {peer: ours / taken for peer, taken in times.items()},
    }


def _every(made: Picture, stride: int) -> Picture:
    return made if stride == 1 else np.ascontiguousarray(made[::stride, ::stride])


def _opencv(cv2: Any, image: Picture, case: Case) -> Runner:
    border = cv2.BORDER_REFLECT_101
    return lambda: _every(cv2.filter2D(image, -1, case.kernel, borderType=border), case.stride)


def _opencv_lines(cv2: Any, image: Picture, case: Case) -> Runner | None:
    if case.line is None:
        return None
    return lambda: cv2.sepFilter2D(image, -1, case.line, case.line, borderType=cv2.BORDER_REFLECT_101)


def _scipy(ndimage: Any, image: Picture, case: Case) -> Runner | None:
    single = case.kernel.astype(np.float32)
    # Beyond 31x31 a run takes a minute.
    if single.size > 31**2:
        return None
    return lambda: _every(ndimage.correlate(image, single, mode="mirror"), case.stride)


def _skimage(filters: Any, image: Picture, case: Case) -> Runner | None:
    single = case.kernel.astype(np.float32)
    if single.size > 11**2 or case.bytes or case.stride > 1:
        return None
    return lambda: filters.correlate_sparse(image, single, mode="reflect")


def _torch(torch: Any, image: Picture, case: Case) -> Runner | None:
    if case.bytes:
        return None
    x, weight = (torch.from_numpy(a.astype(np.float32))[None, None] for a in (image, case.kernel))
    half = case.kernel.shape[0] // 2

    def run() -> Any:
        with torch.inference_mode():
            padded = torch.nn.functional.pad(x, (half,) * 4, mode="reflect")
            return torch.conv2d(padded, weight, stride=case.stride)

    return run


def _vips(pyvips: Any, image: Picture, case: Case) -> Runner | None:
    if case.stride > 1:
        return None
    matrix = pyvips.Image.new_from_array(case.kernel.tolist())
    # Its border is a copy of the edge: the work is the same.
    return lambda: pyvips.Image.new_from_array(image).conv(matrix, precision="float").numpy()


MODULES = {"cv2.sep": "cv2", "scipy": "scipy.ndimage", "skimage": "skimage.filters"}
PEERS: dict[str, Callable[[Any, Picture, Case], Runner | None]] = {
    "cv2": _opencv,
    "cv2.sep": _opencv_lines,
    "scipy": _scipy,
    "skimage": _skimage,
    "torch": _torch,
    "pyvips": _vips,
}
