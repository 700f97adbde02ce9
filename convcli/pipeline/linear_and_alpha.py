"""Linear light (``--linear``) and transparency (``--alpha``) around an operation on pixels."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from convcli.choices import AlphaMode, PadMode
from convcli.engine.window import Window
from convcli.errors import ImageError
from convcli.imaging import colour
from convcli.imaging.image import Frame, Space, full_scale
from convcli.options.specs import FilterSpec, PoolSpec
from convcli.pipeline.operation import FeatureMap

__all__ = ["map_frame", "sampled_alpha"]

Array = NDArray[Any]

# Makes maps of pixels, H x W or H x W x C; the number is the value of constant padding, in their units.
Slide: TypeAlias = Callable[[Array, float | None], list[Array]]


def map_frame(
    frame: Frame,
    space: Space,
    spec: FilterSpec | PoolSpec,
    slide: Slide,
    windows: Sequence[Sequence[Window]],
    *,
    ceil: bool = False,
    colours: bool = True,
) -> list[FeatureMap[Array]]:
    """Return the feature maps that `slide` makes of a frame, in linear light and with alpha as `spec` asks.

    Parameters
    ----------
    frame, space
        The pixels, and what they mean.
    windows
        For each map, the windows that made it, one after the other: alpha that is kept is sampled at their
        centres. `ceil` rounds output sizes up.
    colours
        Whether results are colours, to be encoded again after linear light.
    """
    full_in = full_scale(frame.pixels.dtype)
    pixels: Array = frame.pixels
    pad_value = spec.pad_value
    alpha = None if spec.alpha is AlphaMode.DROP else frame.alpha
    if spec.linear:
        if space not in (Space.GRAY, Space.RGB):
            raise ImageError(
                f"linear light is not defined for {space.upper()} pictures", hint="leave --linear out"
            )
        pixels = colour.decode(pixels, full_in)
        if pad_value is not None:
            pad_value = float(colour.decode(np.array([pad_value]), full_in)[0])
    transparency: list[Array | None]
    if alpha is not None and spec.alpha is AlphaMode.FILTER:
        values, clear = _premultiplied(pixels, alpha, full_in, pad_value, spec.pad, slide)
        transparency = [*clear]
    else:
        values = slide(pixels, pad_value)
        transparency = (
            [None] * len(values)
            if alpha is None
            else [sampled_alpha(alpha, path, ceil=ceil) for path in windows]
        )
    if spec.linear and colours:
        values = [colour.encode(light, full_in) for light in values]
    return [FeatureMap(one, clear) for one, clear in zip(values, transparency, strict=True)]


def _premultiplied(
    pixels: Array, alpha: Array, full_in: float, pad_value: float | None, pad: PadMode | None, slide: Slide
) -> tuple[list[Array], list[Array]]:
    """Return maps of the colours, weighted by alpha, and maps of alpha; constant padding is opaque."""
    opacity = np.divide(alpha, full_in, dtype=np.float32)
    covering = slide(colour.premultiply(pixels, opacity), pad_value)
    clear = slide(opacity, 1.0 if pad is PadMode.CONSTANT else pad_value)
    for one in clear:
        one[one < 0.5 / 255] = 0.0  # transparent in 8 bits: what is left of its colour is rounding
    values = [colour.unpremultiply(some, one) for some, one in zip(covering, clear, strict=True)]
    return values, [np.multiply(one, full_in, out=one) for one in clear]


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
