"""What is computed with: samples as they are or in linear light, colours alone or with their transparency."""

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
from convcli.pipeline.results import FeatureMap

__all__ = ["Sample", "Slide", "sampled_alpha", "through"]

Array = NDArray[Any]

Slide: TypeAlias = Callable[[Array, float | None], list[Array]]
"""Makes maps of pixels, H x W or H x W x C; the number is the constant beyond the edge, in their units."""

Sample: TypeAlias = Callable[[Array], Sequence[Array]]
"""Returns transparency as seen at the windows' centres, one for each map."""


def through(
    frame: Frame,
    space: Space,
    spec: FilterSpec | PoolSpec,
    slide: Slide,
    sample: Sample,
    *,
    colours: bool = True,
) -> list[FeatureMap]:
    """Let windows slide over a frame, by the rules of `spec` for light and transparency.

    Parameters
    ----------
    frame, space
        The pixels, and what they mean.
    spec
        Of which ``linear``, ``alpha``, ``pad`` and ``pad_value`` count here.
    slide, sample
        The work itself.
    colours
        Whether results are colours, which linear light has to be turned into.

    Raises
    ------
    ImageError
        Linear light is asked of a picture that has none.
    """
    full = full_scale(frame.pixels.dtype)
    pixels: Array = frame.pixels
    beyond = spec.pad_value
    alpha = None if spec.alpha is AlphaMode.DROP else frame.alpha
    if spec.linear:
        if space not in (Space.GRAY, Space.RGB):
            raise ImageError(
                f"linear light is not defined for {space.upper()} pictures", hint="leave --linear out"
            )
        pixels = colour.decode(pixels, full)
        beyond = None if beyond is None else float(colour.decode(np.array([beyond]), full)[0])
    transparency: list[Array | None]
    if alpha is not None and spec.alpha is AlphaMode.FILTER:
        values, clear = _premultiplied(pixels, alpha, full, beyond, spec.pad, slide)
        transparency = [*clear]
    else:
        values = slide(pixels, beyond)
        transparency = [None] * len(values) if alpha is None else [*sample(alpha)]
    if spec.linear and colours:
        values = [colour.encode(light, full) for light in values]
    return [FeatureMap(one, clear) for one, clear in zip(values, transparency, strict=True)]


def _premultiplied(
    pixels: Array, alpha: Array, full: float, beyond: float | None, pad: PadMode | None, slide: Slide
) -> tuple[list[Array], list[Array]]:
    """Compute with colours as much as they cover, and alpha alike; a constant beyond the edge is opaque."""
    opacity = np.divide(alpha, full, dtype=np.float32)
    covering = slide(colour.premultiply(pixels, opacity), beyond)
    clear = slide(opacity, 1.0 if pad is PadMode.CONSTANT else beyond)
    for one in clear:
        one[one < 0.5 / 255] = 0.0  # transparent once written: what is left of its colour is rounding
    values = [colour.unpremultiply(some, one) for some, one in zip(covering, clear, strict=True)]
    return values, [np.multiply(one, full, out=one) for one in clear]


def sampled_alpha(alpha: Array, window: Window, *, ceil: bool = False) -> Array:
    """Return `alpha`, H x W, as seen at the centre of each window."""
    axes = window.axes
    return colour.sample_alpha(
        alpha,
        window.output_size(alpha.shape, ceil=ceil),
        stride=window.stride,
        padding=(axes[0].low, axes[1].low),
        center=((axes[0].span - 1) // 2, (axes[1].span - 1) // 2),
    )
