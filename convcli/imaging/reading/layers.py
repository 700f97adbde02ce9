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
    """A file of the pixels of one layer, its place, its disposal, and its display time in milliseconds."""

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
    opacity: Array | None = None
    for index, layer in enumerate(layers):
        drawn = decode(layer.file)[0]
        pixels, alpha = drawn.pixels, drawn.alpha
        if canvas is None:
            canvas = np.zeros((*size, *pixels.shape[2:]), pixels.dtype)
            opacity = np.zeros(size, pixels.dtype)
        assert opacity is not None
        if canvas.ndim < pixels.ndim:
            canvas = np.repeat(canvas[..., np.newaxis], 3, axis=2)
        elif canvas.ndim > pixels.ndim:
            pixels = np.repeat(pixels[..., np.newaxis], 3, axis=2)
        area = np.s_[layer.top : layer.top + pixels.shape[0], layer.left : layer.left + pixels.shape[1]]
        before = (canvas[area].copy(), opacity[area].copy()) if layer.disposal == RESTORE else None
        _draw(canvas[area], opacity[area], pixels, alpha, layer.over)
        if wanted in (None, index):
            kept = alpha_always or bool((opacity < int(full_scale(opacity.dtype))).any())
            frame = Frame(canvas.copy(), opacity.copy() if kept else None, layer.duration)
            yield frame, Space.GRAY if canvas.ndim == 2 else Space.RGB
        if index == wanted:
            return
        if before is not None:
            canvas[area], opacity[area] = before
        elif layer.disposal == CLEAR:
            canvas[area] = opacity[area] = 0


def _draw(canvas: Array, opacity: Array, pixels: Array, alpha: Array | None, over: bool) -> None:
    """Lay a layer on its area of the canvas and of the canvas's opacity; both are changed.

    Blended where both are visible: with opacities s and d from 0 to 1, the opacity becomes s + d (1 - s), and
    the colour is the mean of both, weighted by s and d (1 - s).
    """
    white = int(full_scale(pixels.dtype))
    if alpha is None or not over:
        canvas[...], opacity[...] = pixels, white if alpha is None else alpha
        return
    replaced = (alpha == white) | ((alpha > 0) & (opacity == 0))
    canvas[replaced], opacity[replaced] = pixels[replaced], alpha[replaced]
    mixed = (alpha > 0) & ~replaced
    if not mixed.any():
        return
    weight = alpha[mixed].astype(np.int64) * white
    under = (white - alpha[mixed].astype(np.int64)) * opacity[mixed]
    total = weight + under
    opacity[mixed] = (total + white // 2) // white
    if canvas.ndim == 3:
        weight, under, total = (each[:, np.newaxis] for each in (weight, under, total))
    canvas[mixed] = (pixels[mixed] * weight + canvas[mixed] * under + total // 2) // total
