"""Frames of GIF and animated PNG, composed of the layers that the file stores.

References
----------
W3C, PNG (Third Edition), 11.3.6.2: dispose_op and blend_op. GIF89a (1990), 23: disposal methods; that
"background" means transparent is what browsers and ImageMagick do.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np

from convcli.imaging.image import Array, Decoded, Frame, Space, full_scale

__all__ = ["CLEAR", "KEEP", "RESTORE", "Layer", "composed"]

# Fate of a layer's area before the next layer: left as it is, made transparent, or restored.
KEEP, CLEAR, RESTORE = range(3)


class Layer(NamedTuple):
    """One layer: a file of its pixels alone, its place, its fate, and its display time in milliseconds."""

    file: bytes
    left: int
    top: int
    disposal: int
    over: bool  # blended by its alpha, instead of replacing what is there
    duration: float | None


def composed(
    layers: Iterable[Layer],
    size: tuple[int, int],
    decode: Callable[[bytes], Decoded],
    wanted: int | None,
    *,
    alpha_always: bool,
) -> Iterator[Decoded]:
    """Yield every frame of `size` (height, width), or only that of index `wanted`, as they are composed.

    With `alpha_always`, frames that are opaque everywhere have alpha too.
    """
    canvas: Array | None = None
    clear: Array | None = None
    for index, layer in enumerate(layers):
        drawn = decode(layer.file)[0]
        pixels, alpha = drawn.pixels, drawn.alpha
        if canvas is None:
            canvas = np.zeros((*size, *pixels.shape[2:]), pixels.dtype)
            clear = np.zeros(size, pixels.dtype)
        assert clear is not None
        if canvas.ndim < pixels.ndim:
            canvas = np.repeat(canvas[..., np.newaxis], 3, axis=2)
        elif canvas.ndim > pixels.ndim:
            pixels = np.repeat(pixels[..., np.newaxis], 3, axis=2)
        area = np.s_[layer.top : layer.top + pixels.shape[0], layer.left : layer.left + pixels.shape[1]]
        before = (canvas[area].copy(), clear[area].copy()) if layer.disposal == RESTORE else None
        _draw(canvas[area], clear[area], pixels, alpha, layer.over)
        if wanted in (None, index):
            kept = alpha_always or bool((clear < int(full_scale(clear.dtype))).any())
            frame = Frame(canvas.copy(), clear.copy() if kept else None, layer.duration)
            yield frame, Space.GRAY if canvas.ndim == 2 else Space.RGB
        if index == wanted:
            return
        if before is not None:
            canvas[area], clear[area] = before
        elif layer.disposal == CLEAR:
            canvas[area] = clear[area] = 0


def _draw(canvas: Array, clear: Array, pixels: Array, alpha: Array | None, over: bool) -> None:
    """Lay a layer on its area of the canvas, whose opacity is `clear`; both are changed.

    Blended where both are visible: with opacities s and d from 0 to 1, the opacity becomes s + d (1 - s), and
    the colour is the mean of both, weighted by s and d (1 - s).
    """
    white = int(full_scale(pixels.dtype))
    if alpha is None or not over:
        canvas[...], clear[...] = pixels, white if alpha is None else alpha
        return
    replaced = (alpha == white) | ((alpha > 0) & (clear == 0))
    canvas[replaced], clear[replaced] = pixels[replaced], alpha[replaced]
    mixed = (alpha > 0) & ~replaced
    if not mixed.any():
        return
    weight = alpha[mixed].astype(np.int64) * white
    under = (white - alpha[mixed].astype(np.int64)) * clear[mixed]
    total = weight + under
    clear[mixed] = (total + white // 2) // white
    if canvas.ndim == 3:
        weight, under, total = (each[:, np.newaxis] for each in (weight, under, total))
    canvas[mixed] = (pixels[mixed] * weight + canvas[mixed] * under + total // 2) // total
