"""Pictures for ``convcli show --preview``: the input itself, or each feature map."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL.Image import Resampling

from convcli.choices import RangeMode
from convcli.commands.show.maps import ShownMap, stacked
from convcli.commands.show.spec import ShowSpec
from convcli.display.colour_scales import CHANNELS, GREYS, diverging, sequential
from convcli.display.terminal.cells import largest
from convcli.display.terminal.picture import RAMP, Picture, size_within
from convcli.display.terminal.pictures import Pictures
from convcli.display.words import significant
from convcli.imaging.image import Image, Space, full_scale
from convcli.imaging.pixels import to_pixels

__all__ = ["preview"]

# Placeholder of a map's pixels, which depend on the size that it is drawn in.
NO_PIXELS = np.zeros((0, 0), np.uint8)

# Percent of a map's values that are beyond each end of its colours: a few that stick out hide no others.
BEYOND = 1

# Share of the shades from which signed maps are drawn, so that 0 is the middle of one of them.
SIGNED = 0.9

# The colour that marks padding, and its share beside the colours there.
MAGENTA, SHARE = np.array([255, 0, 255]), 0.3


def preview(
    name: str, image: Image, maps: Sequence[ShownMap], show_spec: ShowSpec, *, whole: bool
) -> Pictures:
    """Return a picture of an input as it is (`whole`: no kernel), or of each of its maps; arrays are maps."""
    graphics, shared = show_spec.graphics, ", ".join((*maps[0].extent(), *maps[0].settings))
    if whole and (image.space is Space.RGB or (image.space is Space.GRAY and image.dtype == np.uint8)):
        full, modes = full_scale(image.dtype), list(dict.fromkeys(one.mode for one in maps))
        tiles = []
        for mode in modes:
            planes = [one for one in maps if one.mode == mode]
            pixels = to_pixels(stacked(planes), RangeMode.CLIP, full_in=full, target=np.uint8).array
            tiles.append(MapPicture(pixels, mode or "", shared, one=planes[0]))
        return Pictures(tiles, name, "", graphics)
    if len(maps) == 1:
        (one,) = maps
        drawn = MapPicture(NO_PIXELS, "", f"{one.facts()}; ", one=one)
        return Pictures([drawn], ", ".join((name, *one.words)), "", graphics)
    tiles = [
        MapPicture(
            NO_PIXELS,
            ", ".join(filter(None, (one.mode, *reversed(one.words)))),
            f"{one.range(3)}; ",
            one=one,
        )
        for one in maps
    ]
    return Pictures(tiles, name, f"{shared}; up to {BEYOND}% of each map is beyond its colours", graphics)


@dataclass(frozen=True, eq=False, kw_only=True)
class MapPicture(Picture):
    """A map that is drawn in its pixels, or without any by its values, reduced to the size of the drawing.

    Colours go from black to white, or to the colour of the channel, or around 0 in blue and red where some
    values are negative. 1% of the values are beyond either end.
    """

    one: ShownMap

    def size(self, width: int, lines: int) -> tuple[int, int]:
        """Return its columns and rows, two of which are as high as a line."""
        return size_within(self.one.values.shape, width, lines)

    def prepared(self, columns: int, rows: int, *, colour: bool) -> Picture:
        """Return the picture of about so many pixels, with the ends of its colours in words."""
        padding = self.one.padded()
        if self.pixels.size:
            return _marked(self, padding, colour=colour)
        values = _smaller(self.one.values, columns, rows)
        low, high, whole = _ends(values, signed=bool((self.one.values < 0).any()))
        # halves, whose differences never overflow
        share = (values / 2 - low / 2) / ((high / 2 - low / 2) or 1.0)
        channel = self.one.channel if self.one.channel in CHANNELS else None
        if low < 0:
            pixels = diverging(2 * share - 1) if colour else sequential(SIGNED * share)
            ends = {"blue": low, "red": high} if colour else {"blank": low, RAMP[4]: 0.0, RAMP[8]: high}
        elif colour:
            pixels = sequential(share, CHANNELS.get(channel or "", GREYS))
            ends = {"black": low, channel or "white": high}
        else:
            pixels, ends = sequential(share), {"blank": low, RAMP[9]: high}
        beyond = "" if whole or self.title else f" ({BEYOND}% beyond)"
        drawn = Picture(
            np.ascontiguousarray(pixels), self.title, f"{self.facts}{_legend(ends, colour=colour)}{beyond}"
        )
        if padding is not None:
            padding = _smaller(padding.astype(np.float32), values.shape[1], values.shape[0]) > 0
        return _marked(drawn, padding, colour=colour)


def _legend(shown: Mapping[str, float], *, colour: bool) -> str:
    """Say which colour or character stands for which value, thousands in all their digits."""
    digits = 5 if max(map(abs, shown.values())) >= 1000 else 3
    return ", ".join(
        f"{what} {'' if colour else 'is '}{significant(value, digits)}" for what, value in shown.items()
    )


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


def _marked(drawn: Picture, padding: NDArray[np.bool_] | None, *, colour: bool) -> Picture:
    """Tint padding; where characters are drawn, give it less contrast."""
    if padding is None:
        return drawn
    grey = drawn.pixels.ndim == 2
    pixels = np.repeat(drawn.pixels[..., None], 3, axis=2) if grey else drawn.pixels.copy()
    inside = pixels[padding]
    pixels[padding] = np.rint((1 - SHARE) * inside + SHARE * MAGENTA) if colour else 64 + inside // 2
    return Picture(pixels, drawn.title, f"{drawn.facts}; {'tinted' if colour else 'greyer'}: padding")
