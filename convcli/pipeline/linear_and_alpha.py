"""Linear light (``--linear``) and transparency (``--alpha``) around an operation on pixels."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from convcli.choices import AlphaMode, PadMode
from convcli.engine.window import Window
from convcli.imaging import colour
from convcli.imaging.image import Frame, full_scale
from convcli.imaging.transfer_curve import Curves, decode, encode
from convcli.options.specs import FilterSpec, PoolSpec
from convcli.pipeline.operation import FeatureMap

__all__ = [
    "TRANSPARENT_BELOW",
    "is_weighted",
    "map_frame",
    "opaque_padding",
    "sampled_alpha",
    "weighted_sum",
]

Array = NDArray[Any]

# Makes maps of pixels, H x W or H x W x C; the number is the value of constant padding, in their units.
Slide: TypeAlias = Callable[[Array, float | None], list[Array]]

# Makes maps of colours that are weighted by coverage, H x W from 0 to 1, and maps of the coverage gathered.
Weigh: TypeAlias = Callable[[Array, Array, float | None], list[tuple[Array, Array]]]

# Correlates colours, or the coverage if the last argument says so, with weights.
Correlate: TypeAlias = Callable[[Array, Array, bool], Array]

# Coverage below half a step of 8 bits is none: what is left of its colour is rounding. Coverage this near to
# full is full: the rest is rounding.
TRANSPARENT_BELOW, OPAQUE_WITHIN = 0.5 / 255, 4e-6


def map_frame(
    frame: Frame,
    curves: Curves,
    spec: FilterSpec | PoolSpec,
    slide: Slide,
    weigh: Weigh,
    windows: Sequence[Sequence[Window]],
    *,
    ceil: bool = False,
    colours: bool = True,
) -> list[FeatureMap[Array]]:
    """Return the feature maps of a frame, in linear light and with alpha as `spec` asks.

    `slide` makes them of its colours; `weigh` of its colours and coverage, where it is not opaque. `curves`
    are those of linear light, none for pixels as they are; results are encoded again if they are `colours`.
    Alpha that is kept is sampled at the centres of each map's `windows`, one after the other; `ceil` rounds
    output sizes up.
    """
    full_in = full_scale(frame.pixels.dtype)
    pixels: Array = frame.pixels
    pad_value = spec.pad_value
    alpha = None if spec.alpha is AlphaMode.DROP else frame.alpha
    if curves:
        pixels = decode(pixels, curves, full_in)
        if pad_value is not None:
            # One value for all channels: by the curve of green, should they differ.
            pad_value = float(decode(np.array([pad_value]), curves[len(curves) // 2 :][:1], full_in)[0])
    clear: Sequence[Array | None]
    if alpha is not None and is_weighted(frame, spec):
        kind = np.float64 if pixels.dtype == np.float64 else np.float32
        covered = weigh(pixels, np.divide(alpha, full_in, dtype=kind), pad_value)
        values, clear = [some for some, _ in covered], [one * full_in for _, one in covered]
    else:
        values = slide(pixels, pad_value)
        clear = [None if alpha is None else sampled_alpha(alpha, path, ceil=ceil) for path in windows]
    if curves and colours:
        values = [encode(light, curves, full_in) for light in values]
    return [FeatureMap(one, shown) for one, shown in zip(values, clear, strict=True)]


def is_weighted(frame: Frame, spec: FilterSpec | PoolSpec) -> bool:
    """Whether colours are weighted by coverage: without it, and where all is opaque, they are plain."""
    alpha = frame.alpha if spec.alpha is AlphaMode.FILTER else None
    return alpha is not None and bool((alpha != full_scale(alpha.dtype)).any())


def opaque_padding(window: Window) -> Window:
    """Return `window` for coverage: pixels that padding makes up of a value, not of others, are opaque."""
    made_up = window.mode in (PadMode.ZERO, PadMode.CONSTANT)
    return replace(window, mode=PadMode.CONSTANT, pad_value=1.0) if made_up else window


def weighted_sum(pixels: Array, coverage: Array, weights: Array, slide: Correlate) -> tuple[Array, Array]:
    """Return the sum of colours under a kernel, and the coverage that it gathered, from 0 to 1.

    With coverage ``a``, colours ``c`` and positive and negative weights, ``k = p - n``, the sum is

    ``sum(p) mean_p - sum(n) mean_n``,    ``mean_w = sum(w a c) / sum(w a)``,

    and the coverage is ``sum(|k| a) / sum|k|``. An opaque picture gives ``sum(k c)``, and a uniform colour
    ``c sum(k)`` whatever its coverage; for a smoothing kernel, it is the premultiplied sum over the filtered
    alpha. Where one of the means has gathered nothing, the other is taken for it. A C x kh x kw kernel sums
    over channels.

    References
    ----------
    Knutsson and Westin, Normalized and differential convolution, 1993. Porter and Duff, Compositing digital
    images, 1984 (premultiplied colours).
    """
    premultiplied = colour.premultiply(pixels, coverage)

    def gather(side: Array) -> tuple[Array, Array, float]:
        flat = side if side.ndim == 2 else side.sum(axis=0)
        total = float(flat.sum())
        share = slide(coverage, flat / total, True)
        share[share > 1 - OPAQUE_WITHIN] = 1.0
        share[share < TRANSPARENT_BELOW] = 0.0
        return colour.unpremultiply(slide(premultiplied, side, False), share), share, total

    if not weights.any():
        made, gathered, _ = gather(np.ones_like(weights))
        return np.zeros_like(made), gathered
    sides = [gather(side) for side in (np.maximum(weights, 0), np.maximum(-weights, 0)) if side.any()]
    made, gathered, total = sides[0]
    if len(sides) == 1:
        return made if weights.max() > 0 else -made, gathered
    for (one, share, scale), (other, _, its) in (sides, sides[::-1]):
        unknown = share == 0
        one[unknown] = other[unknown] * (scale / its)
    less, beside, rest = sides[1]
    made -= less
    return made, gathered * (total / (total + rest)) + beside * (rest / (total + rest))


def sampled_alpha(alpha: Array, path: Sequence[Window], *, ceil: bool = False) -> Array:
    """Return `alpha`, H x W, as seen at the centre of each window, by one window after the other."""
    for window in path:
        axes = window.axes
        alpha = colour.sample_alpha(
            alpha,
            window.output_size(alpha.shape, ceil=ceil),
            stride=window.stride,
            padding=(axes[0].low, axes[1].low),
            center=((axes[0].span - 1) // 2, (axes[1].span - 1) // 2),
        )
    return alpha
