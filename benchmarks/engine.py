"""Our `correlate` beside OpenCV, SciPy, scikit-image, PyTorch and libvips: float32, reflect padding.

All cores on every side (SciPy and scikit-image use one), each side allocates its own output, all run in turn
in one process. A ratio below 1 means that convcli is faster. Peers that cannot be imported are named.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.machine import (
    cell,
    importable,
    interleaved,
    peer_options,
    picture,
    write_report,
)
from convcli.engine.correlate import correlate
from convcli.engine.plan import plan

Picture = Any
Runner = Callable[[], Any]


def main(argv: list[str]) -> int:
    options = peer_options("engine", __doc__, argv, PEERS, rounds=5)
    size, rounds = options.size, options.rounds

    peers = importable(options.peers, MODULES, options.threads)
    image = picture(size)
    print(f"{size}x{size}, {options.threads} threads; ns per pixel, and our time over each peer's")
    print(f"{'kernel':<14}{'method':<11}{'ours':>8}" + "".join(f"{name:>12}" for name in peers), flush=True)
    rows = []
    for name, kernel in kernels().items():
        if options.only in name:
            row = _compare(name, kernel, image, peers, rounds, options.threads)
            rows.append(row)
            ratios = "".join(cell(row["ratios"].get(peer)) for peer in peers)
            print(f"{name:<14}{row['method']:<11}{row['ns']:>8.2f}{ratios}", flush=True)
    write_report(options, rows)
    return 0


def kernels() -> dict[str, Any]:
    """Return the kernels that are compared."""
    rng = np.random.default_rng(1)
    dense = {f"dense {n}": rng.normal(0, 1, (n, n)) for n in (3, 5, 7, 9, 11, 15, 21, 31, 51, 63)}
    return dense | {
        "sobel-x": np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
        "laplacian": np.array([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]),
        "gaussian 3": np.outer([1, 2, 1], [1, 2, 1]) / 16,
        "gaussian 7": _gaussian(7, 1.4),
        "gaussian 31": _gaussian(31, 5.0),
        "box 15": np.full((15, 15), 1 / 225),
        "log 9": _log(9, 1.4),
    }


def _gaussian(size: int, sigma: float) -> Any:
    line = np.exp(-((np.arange(size) - size // 2) ** 2) / (2 * sigma**2))
    return np.outer(line, line) / line.sum() ** 2


def _log(size: int, sigma: float) -> Any:
    square = (np.arange(size) - size // 2) ** 2 / (2 * sigma**2)
    radius = square[:, None] + square
    return (radius - 1) * np.exp(-radius)


def _compare(
    name: str, kernel: Any, image: Picture, peers: dict[str, Any], rounds: int, threads: int
) -> dict[str, Any]:
    actions: dict[str, Runner] = {"ours": lambda: correlate(image, kernel, jobs=threads)}
    for peer, module in peers.items():
        runner = PEERS[peer](module, image, kernel)
        if runner is not None:
            actions[peer] = runner
    times = interleaved(actions, rounds)
    ours = times.pop("ours")
    return {
        "kernel": name,
        "method": str(plan(kernel, image.shape, image.dtype).method),
        "ns": ours / image.size * 1e9,
        "seconds": {"ours": ours, **times},
        "ratios": {peer: ours / taken for peer, taken in times.items()},
    }


def _opencv(cv2: Any, image: Picture, kernel: Any) -> Runner:
    return lambda: cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REFLECT_101)


def _scipy(ndimage: Any, image: Picture, kernel: Any) -> Runner | None:
    single = kernel.astype(np.float32)
    # Beyond 31x31 a run takes a minute.
    return (lambda: ndimage.correlate(image, single, mode="mirror")) if kernel.size <= 31**2 else None


def _skimage(filters: Any, image: Picture, kernel: Any) -> Runner | None:
    single = kernel.astype(np.float32)
    return (lambda: filters.correlate_sparse(image, single, mode="reflect")) if kernel.size <= 11**2 else None


def _torch(torch: Any, image: Picture, kernel: Any) -> Runner:
    x, weight = torch.from_numpy(image)[None, None], torch.from_numpy(kernel.astype(np.float32))[None, None]
    half = kernel.shape[0] // 2

    def run() -> Any:
        with torch.inference_mode():
            return torch.conv2d(torch.nn.functional.pad(x, (half,) * 4, mode="reflect"), weight)

    return run


def _vips(pyvips: Any, image: Picture, kernel: Any) -> Runner:
    matrix = pyvips.Image.new_from_array(kernel.tolist())
    # Its border is a copy of the edge: the work is the same.
    return lambda: pyvips.Image.new_from_array(image).conv(matrix, precision="float").numpy()


MODULES = {"scipy": "scipy.ndimage", "skimage": "skimage.filters"}
PEERS: dict[str, Callable[[Any, Picture, Any], Runner | None]] = {
    "cv2": _opencv,
    "scipy": _scipy,
    "skimage": _skimage,
    "torch": _torch,
    "pyvips": _vips,
}
