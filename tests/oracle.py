"""Slow, obvious references, in float64 loops that share no code with the product."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Edges = tuple[tuple[int, int], tuple[int, int]]


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


def pad(image: Any, edges: Edges, mode: str, value: float = 0.0) -> np.ndarray:
    """Pad an H x W or H x W x C image pixel by pixel."""
    (top, bottom), (left, right) = edges
    height, width = image.shape[:2]
    padded = np.empty((height + top + bottom, width + left + right, *image.shape[2:]), np.float64)
    for r in range(padded.shape[0]):
        for c in range(padded.shape[1]):
            y, x = source(r - top, height, mode), source(c - left, width, mode)
            made_up = 0.0 if mode == "zero" else value
            padded[r, c] = made_up if y is None or x is None else image[y, x]
    return padded


def edges_of(padding: Any, kernel: tuple[int, int], dilation: tuple[int, int]) -> Edges:
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
    """Correlate window by window, weight by weight."""
    image, kernel = np.asarray(image), np.asarray(kernel, np.float64)
    edges = edges_of("valid" if pad == "valid" else padding, kernel.shape, dilation)
    padded = _pad(image, edges, pad, pad_value)
    (sy, sx), (dy, dx), (kh, kw) = stride, dilation, kernel.shape
    height = (padded.shape[0] - dy * (kh - 1) - 1) // sy + 1
    width = (padded.shape[1] - dx * (kw - 1) - 1) // sx + 1
    result = np.empty((height, width, *image.shape[2:]), np.float64)
    for m in range(height):
        for n in range(width):
            total = np.full(image.shape[2:], bias, np.float64)
            for i in range(kh):
                for j in range(kw):
                    total = total + kernel[i, j] * padded[m * sy + i * dy, n * sx + j * dx]
            result[m, n] = total
    return result


def conv2d(
    x: Any,
    weight: Any,
    bias: Any = None,
    *,
    stride: tuple[int, int] = (1, 1),
    edges: Edges = ((0, 0), (0, 0)),
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


def saturate(values: Any, dtype: Any) -> np.ndarray:
    """Round half to even and saturate, number by number, in Python's whole numbers."""
    limits = np.iinfo(dtype)
    whole = [min(max(round(float(value)), limits.min), limits.max) for value in np.ravel(values)]
    return np.array(whole, dtype).reshape(np.shape(values))


def bound(image: Any, kernel: Any, dtype: Any, extra: float = 0.0) -> float:
    """Return the error that any method may make: ``3e-6`` or ``1e-12`` of ``sum|k| * max|x|``."""
    share = 3e-6 if np.dtype(dtype) == np.float32 else 1e-12
    largest = max(float(np.max(np.abs(np.asarray(image, np.float64)))), abs(extra))
    return share * float(np.abs(np.asarray(kernel, np.float64)).sum()) * largest


_pad = pad
