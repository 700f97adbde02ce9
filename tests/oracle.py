"""Slow, obvious references, in float64 loops that share no code with the product."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

PaddingPixels = tuple[tuple[int, int], tuple[int, int]]


# What SciPy calls our padding modes.
SCIPY_MODES = {
    "zero": "constant",
    "reflect": "mirror",
    "replicate": "nearest",
    "wrap": "wrap",
    "symmetric": "reflect",
}


def source(position: int, size: int, mode: str) -> int | None:
    """Return which of `size` pixels is shown at `position`, or None for the constant.

    Walks from `position` towards the picture, one bounce or lap at a time.
    """
    while not 0 <= position < size:
        below = position < 0
        match mode:
            case "zero" | "constant":
                return None
            case "replicate":
                position = 0 if below else size - 1
            case "wrap":
                position += size if below else -size
            case "symmetric":  # mirrored at the outer side of the edge pixel
                position = -1 - position if below else 2 * size - 1 - position
            case "reflect":  # mirrored at the middle of the edge pixel
                position = 0 if size == 1 else -position if below else 2 * (size - 1) - position
            case _:
                raise AssertionError(f"the oracle knows no mode {mode!r}")
    return position


def pad(image: Any, edges: PaddingPixels, mode: str, value: float = 0.0) -> np.ndarray:
    """Pad an H x W or H x W x C image, asking of each row and column which one it shows."""
    (top, bottom), (left, right) = edges
    height, width = image.shape[:2]
    rows = [source(r, height, mode) for r in range(-top, height + bottom)]
    columns = [source(c, width, mode) for c in range(-left, width + right)]
    padded = np.full((len(rows), len(columns), *image.shape[2:]), 0 if mode == "zero" else value, np.float64)
    shown = [(c, x) for c, x in enumerate(columns) if x is not None]
    if shown:
        places, found = map(list, zip(*shown, strict=True))
        for r, y in enumerate(rows):
            if y is not None:
                padded[r, places] = image[y, found]
    return padded


def edges_of(padding: Any, kernel: tuple[int, int], dilation: tuple[int, int]) -> PaddingPixels:
    """Return how many pixels each kind of padding makes up."""
    if padding == "valid":
        return ((0, 0), (0, 0))
    if padding in ("same", "full"):
        sides = []
        for k, d in zip(kernel, dilation, strict=True):
            all_of_it = d * (k - 1)
            near = math.floor(all_of_it / 2)
            sides.append((all_of_it, all_of_it) if padding == "full" else (near, all_of_it - near))
        return (sides[0], sides[1])
    return padding


def correlate(
    image: Any,
    kernel: Any,
    *,
    pad: str = "reflect",  # shadows the function: see `padded` below
    pad_value: float = 0.0,
    padding: Any = "same",
    stride: tuple[int, int] = (1, 1),
    dilation: tuple[int, int] = (1, 1),
    bias: float = 0.0,
) -> np.ndarray:
    """Correlate weight by weight: each adds what all windows see at its place."""
    image, kernel = np.asarray(image), np.asarray(kernel, np.float64)
    edges = edges_of("valid" if pad == "valid" else padding, kernel.shape, dilation)
    padded = _pad(image, edges, pad, pad_value)
    (sy, sx), (dy, dx), (kh, kw) = stride, dilation, kernel.shape
    height = (padded.shape[0] - dy * (kh - 1) - 1) // sy + 1
    width = (padded.shape[1] - dx * (kw - 1) - 1) // sx + 1
    result = np.full((max(height, 0), max(width, 0), *image.shape[2:]), bias, np.float64)
    for i in range(kh):
        for j in range(kw):
            result += kernel[i, j] * padded[i * dy :: sy, j * dx :: sx][:height, :width]
    return result


def unfold(
    image: Any, size: tuple[int, int], pad: str, stride: tuple[int, int] = (1, 1), value: float = 0.0
) -> tuple[np.ndarray, tuple[int, ...]]:
    """Return one row for each result, one column for each weight, and the size of the result."""
    edges = edges_of("valid" if pad == "valid" else "same", size, (1, 1))
    padded = _pad(image, edges, pad, value)
    rows = []
    shape = [(padded.shape[axis] - size[axis]) // stride[axis] + 1 for axis in (0, 1)]
    for m in range(shape[0]):
        for n in range(shape[1]):
            top, left = m * stride[0], n * stride[1]
            rows.append(padded[top : top + size[0], left : left + size[1]].ravel())
    return np.array(rows, float), tuple(shape)


def match_score(
    image: Any,
    kernel: Any,
    *,
    center: bool = True,
    pad: str = "reflect",
    pad_value: float = 0.0,
    padding: Any = "same",
    stride: tuple[int, int] = (1, 1),
    dilation: tuple[int, int] = (1, 1),
) -> np.ndarray:
    """Return the cosine between each window and the feature, both less their means, with exact sums."""
    image, kernel = np.asarray(image), np.asarray(kernel, np.float64)
    edges = edges_of("valid" if pad == "valid" else padding, kernel.shape, dilation)
    padded = _pad(image, edges, pad, pad_value)
    (sy, sx), (dy, dx), (kh, kw) = stride, dilation, kernel.shape
    height = (padded.shape[0] - dy * (kh - 1) - 1) // sy + 1
    width = (padded.shape[1] - dx * (kw - 1) - 1) // sx + 1
    result = np.empty((height, width, *image.shape[2:]), np.float64)
    for m in range(height):
        for n in range(width):
            seen = padded[m * sy : m * sy + dy * (kh - 1) + 1 : dy, n * sx : n * sx + dx * (kw - 1) + 1 : dx]
            for place in np.ndindex(image.shape[2:]):
                result[(m, n, *place)] = _cosine(
                    [float(v) for v in seen[(..., *place)].ravel()],
                    [float(v) for v in kernel.ravel()],
                    center,
                )
    return result


def _cosine(window: list[float], feature: list[float], center: bool) -> float:
    unit = []
    for numbers in (window, feature):
        largest = max(map(abs, numbers))
        if largest == 0 or (center and max(numbers) - min(numbers) <= 1e-9 * largest):
            return 0.0
        numbers = [v / largest for v in numbers]
        mean = math.fsum(numbers) / len(numbers) if center else 0.0
        numbers = [v - mean for v in numbers]
        length = math.sqrt(math.fsum(v * v for v in numbers))
        unit.append([v / length for v in numbers])
    return math.fsum(a * b for a, b in zip(*unit, strict=True))


def conv2d(
    x: Any,
    weight: Any,
    bias: Any = None,
    *,
    stride: tuple[int, int] = (1, 1),
    edges: PaddingPixels = ((0, 0), (0, 0)),
    dilation: tuple[int, int] = (1, 1),
    groups: int = 1,
    pad: str = "zero",
    pad_value: float = 0.0,
) -> np.ndarray:
    """Correlate N x C x H x W with O x C/groups x kh x kw, one pair of channels at a time."""
    outputs, depth = weight.shape[:2]
    images = []
    for image in x:
        maps = []
        for o in range(outputs):
            group = o // (outputs // groups)
            planes = [
                correlate(
                    image[group * depth + c],
                    weight[o, c],
                    pad=pad,
                    pad_value=pad_value,
                    padding=edges,
                    stride=stride,
                    dilation=dilation,
                )
                for c in range(depth)
            ]
            maps.append(sum(planes) + (0.0 if bias is None else float(bias[o])))
        images.append(maps)
    return np.array(images)


def windows(size: int, taps: int, stride: int, dilation: int, edges: tuple[int, int], ceil: bool) -> int:
    """Count windows by placing one after the other, as PyTorch does."""
    span, length = dilation * (taps - 1) + 1, edges[0] + size + edges[1]
    starts = [start for start in range(0, length, stride) if start + span <= length]
    hanging = starts[-1] + stride if starts else 0
    # One more hangs over if those that fit leave pixels over, and if it begins early enough; of windows that
    # are larger than all there is, PyTorch takes one that misses less than a stride.
    left = length - (starts[-1] + span) if starts else length - span + stride
    if ceil and left > 0 and hanging < edges[0] + size:
        starts.append(hanging)
    return len(starts)


def pool2d(
    x: Any,
    size: tuple[int, int],
    *,
    mode: str,
    stride: tuple[int, int],
    edges: PaddingPixels,
    dilation: tuple[int, int] = (1, 1),
    ceil: bool = False,
    count_include_pad: bool = True,
    p: float = 2.0,
    pad: str | None = None,
    pad_value: float = 0.0,
) -> np.ndarray:
    """Pool an H x W picture window by window; NaN where a window is blind, as it then has no answer."""
    height, width = x.shape
    made_up = _pad(x, edges, pad, pad_value) if pad is not None else None
    rows, columns = (
        windows(x.shape[axis], size[axis], stride[axis], dilation[axis], edges[axis], ceil) for axis in (0, 1)
    )
    result = np.empty((rows, columns), np.float64)
    (top, bottom), (left, right) = edges
    for m in range(rows):
        for n in range(columns):
            seen, counted = [], 0
            for i in range(size[0]):
                for j in range(size[1]):
                    r, c = m * stride[0] + i * dilation[0] - top, n * stride[1] + j * dilation[1] - left
                    if not (-top <= r < height + bottom and -left <= c < width + right):
                        continue  # it hangs over: nothing is there at all
                    inside = 0 <= r < height and 0 <= c < width
                    counted += inside or count_include_pad
                    if made_up is not None:
                        seen.append(float(made_up[r + top, c + left]))
                    elif inside:
                        seen.append(float(x[r, c]))
            result[m, n] = _one(seen, counted, mode, p)
    return result


def _one(seen: list[float], counted: int, mode: str, p: float) -> float:
    match mode:
        case "avg":
            return math.fsum(seen) / counted if counted else math.nan
        case "lp":
            return math.fsum(abs(v) ** p for v in seen) ** (1 / p)
        case _ if not seen:
            return math.nan
        case "max":
            return max(seen)
        case "min":
            return min(seen)
        case "median":
            order = sorted(seen)
            return (order[(len(order) - 1) // 2] + order[len(order) // 2]) / 2
    raise AssertionError(f"the oracle knows no mode {mode!r}")


def saturate(values: Any, dtype: Any) -> np.ndarray:
    """Round half to even and saturate, number by number, in Python's whole numbers."""
    limits = np.iinfo(dtype)
    whole = [min(max(round(float(value)), limits.min), limits.max) for value in np.ravel(values)]
    return np.array(whole, dtype).reshape(np.shape(values))


def as_bytes(values: Any) -> np.ndarray:
    """Round and saturate as 8-bit pixels."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def bound(image: Any, kernel: Any, dtype: Any, extra: float = 0.0) -> float:
    """Return the error that any method may make: ``3e-6`` or ``1e-12`` of ``sum|k| * max|x|``."""
    share = 3e-6 if np.dtype(dtype) == np.float32 else 1e-12
    largest = max(float(np.max(np.abs(np.asarray(image, np.float64)))), abs(extra))
    return share * float(np.abs(np.asarray(kernel, np.float64)).sum()) * largest


_pad = pad


def srgb_to_linear(values: Any) -> np.ndarray:
    """The light, 0 to 1, of sRGB values of 0 to 255 (IEC 61966-2-1)."""
    coded = np.asarray(values) / 255
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(light: np.ndarray) -> np.ndarray:
    """The way back, to 0 to 255."""
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
