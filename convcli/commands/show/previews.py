"""Pictures for ``convcli show --preview``: the input itself, or each feature map."""

from collections.abc import Sequence

import numpy as np

from convcli.choices import RangeMode
from convcli.commands.show.maps import ShownMap, stacked
from convcli.commands.show.spec import ShowSpec
from convcli.display.drawn.contact_sheet import picture
from convcli.display.terminal.picture import Picture
from convcli.display.words import size
from convcli.imaging.image import Image, Space, full_scale
from convcli.imaging.pixels import to_pixels

__all__ = ["previews"]

# Lines of one picture.
LEAST_LINES, MOST_LINES = 10, 40


def previews(
    name: str, image: Image, maps: Sequence[ShownMap], show_spec: ShowSpec, lines: int, *, whole: bool
) -> list[Picture]:
    """Return one picture of an input as it is (`whole`: no kernel), or one of each of its maps.

    Maps are drawn as `contact_sheet.picture` has them: grey from the least value to the greatest,
    or around 0 in blue and red where some are negative; so are the numbers of arrays.
    """
    if whole and image.space in (Space.GRAY, Space.RGB) and image.dtype.kind == "u":
        values = stacked(maps)
        pixels = to_pixels(values, RangeMode.CLIP, full_in=full_scale(values.dtype), target=np.uint8).array
        return [Picture(pixels, name, size(maps[0].shape), show_spec.graphics, min(MOST_LINES, lines))]
    most = max(LEAST_LINES, min(MOST_LINES, lines // len(maps)))
    return [
        Picture(
            np.ascontiguousarray(picture(one.values)),
            ", ".join((name, *one.words)),
            f"{one.facts()}; {_legend(one)}",
            show_spec.graphics,
            most,
        )
        for one in maps
    ]


def _legend(one: ShownMap) -> str:
    if bool((one.values < 0).any()):
        return "blue is negative, red positive"
    return "black is the least, white the greatest"
