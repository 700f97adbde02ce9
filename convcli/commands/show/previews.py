"""Pictures for ``convcli show --preview``: the input itself, or each feature map."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL.Image import Resampling

from convcli.choices import Graphics, RangeMode
from convcli.commands.show.maps import ShownMap, stacked
from convcli.commands.show.spec import ShowSpec
from convcli.display.diverging import diverging
from convcli.display.sequential import CHANNELS, GREYS, sequential
from convcli.display.terminal.cells import largest
from convcli.display.terminal.graphics import CELL
from convcli.display.terminal.picture import RAMP, Picture, size_within
from convcli.display.terminal.pictures import Pictures
from convcli.display.words import significant
from convcli.imaging.image import Image, Space, full_scale
from convcli.imaging.pixels import to_pixels

__all__ = ["preview"]

# Those of a map are made when it is known how large it is drawn.
NO_PIXELS = np.zeros((0, 0), np.uint8)

# Percent of a map's values that are beyond each end of its colours: a few that stick out hide no others.
BEYOND = 1

# Share of the shades from which signed maps are drawn, so that 0 is the middle of one of them.
SIGNED = 0.9

# Marks padding, mixed with what is drawn there, and how much of it there is.
MAGENTA, SHARE = np.array([255, 0, 255]), 0.3


def preview(
    name: str, image: Image, maps: Sequence[ShownMap], show_spec: ShowSpec, *, whole: bool
) -> Picture | Pictures:
    """Return a picture of an input as it is (`whole`: no kernel), or pictures of each of its maps.

    So are the numbers of arrays drawn.
    """
    graphics, shared = show_spec.graphics, ", ".join((*maps[0].extent(), *maps[0].settings))
    if whole and (image.space is Space.RGB or (image.space is Space.GRAY and image.dtype == np.uint8)):
        full = full_scale(image.dtype)
        pixels = to_pixels(stacked(maps), RangeMode.CLIP, full_in=full, target=np.uint8).array
        return _marked(Picture(pixels, name, shared, graphics), maps[0].padded())
    if len(maps) == 1:
        (one,) = maps
        return MapPicture(NO_PIXELS, ", ".join((name, *one.words)), f"{one.facts()}; ", graphics, one=one)
    tiles = [
        MapPicture(NO_PIXELS, ", ".join(reversed(one.words)), f"{one.range(3)}\n", graphics, one=one)
        for one in maps
    ]
    return Pictures(tiles, name, shared)


@dataclass(frozen=True, eq=False, kw_only=True)
class MapPicture(Picture):
    """A Rich renderable of one map, stretched when it is known how large it is drawn.

    Of the values that are drawn, means where the map is larger, 1% are beyond either end of the colours:
    from black to white, or to the colour of their channel, or around 0 in blue and red where some are
    negative.
    """

    one: ShownMap

    def size(self, width: int, lines: int) -> tuple[int, int]:
        """Return columns and rows, two of which are as high as a line."""
        return size_within(self.one.values.shape, width, lines)

    def prepared(self, columns: int, rows: int, protocol: Graphics | None) -> Picture:
        """Return the picture of about so many columns and rows, with the ends of its colours in words."""
        times = CELL[0] if protocol not in (None, Graphics.BLOCKS) else 1
        values = _smaller(self.one.values, times * columns, times * rows)
        padding = self.one.padded()
        low, high, whole = _ends(values, signed=bool((self.one.values < 0).any()))
        # halves, whose differences never overflow
        share = (values / 2 - low / 2) / ((high / 2 - low / 2) or 1.0)
        beyond = "" if whole else f" ({BEYOND}% beyond)"
        if low < 0:
            pixels, shades = diverging(2 * share - 1), sequential(SIGNED * share)
            ends = {"blue": low, "red": high}
            plain = {"blank": low, RAMP[4]: 0.0, RAMP[8]: high}
        else:
            end = CHANNELS.get(self.one.channel or "", GREYS)
            pixels, shades = sequential(share, end), sequential(share)
            ends = {"black": low, (self.one.channel if end != GREYS else None) or "white": high}
            plain = {"blank": low, RAMP[9]: high}
        drawn = Picture(
            np.ascontiguousarray(pixels),
            self.title,
            f"{self.facts}{_legend(ends)}{beyond}",
            self.graphics,
            self.max_lines,
            np.ascontiguousarray(shades),
            f"{self.facts}{_legend(plain)}{beyond}",
        )
        if padding is None:
            return drawn
        small = _smaller(padding.astype(np.float32), values.shape[1], values.shape[0]) > 0
        return _marked(drawn, small)


def _legend(shown: Mapping[str, float]) -> str:
    """Say which value is drawn as what, thousands in all their digits."""
    digits = 5 if max(map(abs, shown.values())) >= 1000 else 3
    return ", ".join(f"{what} {significant(value, digits)}" for what, value in shown.items())


def _smaller(values: NDArray[Any], columns: int, rows: int) -> NDArray[np.float64]:
    """Return means of the values where there are more than so many columns or rows."""
    height, width = values.shape
    if height <= rows and width <= columns:
        return np.asarray(values, np.float64)
    full = largest(values) or 1.0  # float32 has a smaller range
    image = Pillow.fromarray(np.asarray(values / full, np.float32))
    small = image.resize((min(width, columns), min(height, rows)), Resampling.BOX)
    return np.asarray(small, np.float64) * full


def _ends(values: NDArray[np.float64], *, signed: bool) -> tuple[float, float, bool]:
    """Return the values of the ends of the colours, and whether none is beyond them."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 0.0, True
    least, greatest = float(finite.min()), float(finite.max())
    if signed:
        full = max(-least, greatest)
        most = float(np.percentile(np.abs(finite), 100 - BEYOND)) or full
        return -most, most, most == full
    low, high = np.percentile(finite, [BEYOND, 100 - BEYOND]).tolist()
    if least == greatest:  # a constant is black where it is 0, else white
        return 0.0, greatest, True
    if low == high:
        low, high = least, greatest
    return low, high, (low, high) == (least, greatest)


def _marked(drawn: Picture, padding: NDArray[np.bool_] | None) -> Picture:
    """Tint what is padding; where characters are drawn, it has less contrast."""
    if padding is None:
        return drawn
    grey = drawn.pixels.ndim == 2
    pixels = np.repeat(drawn.pixels[..., None], 3, axis=2) if grey else drawn.pixels.copy()
    pixels[padding] = np.rint((1 - SHARE) * pixels[padding] + SHARE * MAGENTA)
    shades = (drawn.pixels if drawn.shades is None else drawn.shades).copy()
    shades[padding] = 64 + shades[padding] // 2
    return replace(
        drawn,
        pixels=pixels,
        facts=f"{drawn.facts}; tinted: padding",
        shades=shades,
        shades_facts=f"{drawn.shades_facts or drawn.facts}; greyer: padding",
    )
