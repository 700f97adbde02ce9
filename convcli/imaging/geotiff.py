"""The georeference of GeoTIFF and the pixel size of ImageJ, adapted to stride and padding.

References
----------
OGC 19-008r4, GeoTIFF 1.1 (2019), annex B.6: tie points (I, J, K, X, Y, Z), pixel scale, matrix.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convcli.imaging.metadata import GEO
from convcli.imaging.tiff_directory import Tag, Tags
from convcli.imaging.tiff_metadata import DESCRIPTION, GEO_KEYS, RESOLUTION, rational_tag

__all__ = ["Placement", "moved", "unplaced"]

# Tags: pixel scale, tie points, matrix, keys. A key: raster type; its value for pixels that are points.
_SCALE, _TIES, _MATRIX, _KEYS, _RASTER_TYPE, _POINT = 33550, 33922, 34264, 34735, 1025, 2
# TIFF's code of float64.
_DOUBLE = 12


class Placement(NamedTuple):
    """Where results come from: the centre of output pixel i is that of input pixel ``scale i + shift``."""

    scale: tuple[float, float] = (1.0, 1.0)  # of rows and columns
    shift: tuple[float, float] = (0.0, 0.0)

    def after(self, later: "Placement") -> "Placement":
        """Return the composition: this placement first, then `later`."""
        scales = (self.scale[0] * later.scale[0], self.scale[1] * later.scale[1])
        shifts = (
            self.scale[0] * later.shift[0] + self.shift[0],
            self.scale[1] * later.shift[1] + self.shift[1],
        )
        return Placement(scales, shifts)


def moved(tags: Tags, placement: Placement) -> Tags:
    """Return `tags` for pixels at `placement`: scale and tie points or matrix are adapted.

    Raster coordinates are those of corners, where pixels are areas, and of centres, where they are points:
    ``u = s u' + b`` with ``b = shift + (1 - s) / 2``, or ``b = shift``.
    """
    if placement == Placement():
        return tags
    made = dict(tags)
    (down, across), corner = placement.scale, 0.0 if _is_point(tags) else 0.5
    row, column = (
        shift + (1 - scale) * corner for scale, shift in zip(placement.scale, placement.shift, strict=True)
    )
    if isinstance(found := tags.get(_SCALE), Tag) and found.length >= 2:
        scale = found.numbers().astype(np.float64)
        scale[:2] *= (across, down)
        made[_SCALE] = _doubles(scale)
    if isinstance(found := tags.get(_TIES), Tag):
        ties = found.numbers().astype(np.float64)[: found.length // 6 * 6].reshape(-1, 6)
        ties[:, 0], ties[:, 1] = (ties[:, 0] - column) / across, (ties[:, 1] - row) / down
        made[_TIES] = _doubles(ties)
    if isinstance(found := tags.get(_MATRIX), Tag) and found.length == 16:
        matrix = found.numbers().astype(np.float64).reshape(4, 4)
        matrix[:, 3] += matrix[:, 0] * column + matrix[:, 1] * row
        matrix[:, 0] *= across
        matrix[:, 1] *= down
        made[_MATRIX] = _doubles(matrix)
    text = tags.get(DESCRIPTION)
    if isinstance(text, Tag) and text.data.startswith(b"ImageJ="):
        for number, factor in zip(RESOLUTION, (across, down), strict=False):
            if isinstance(found := tags.get(number), Tag):
                made[number] = rational_tag(float(found.numbers()[0]) / factor)
    return made


def unplaced(tags: Tags, notes: list[str]) -> Tags:
    """Return `tags` without the georeference, for pixels whose places are not known."""
    if not GEO & set(tags):
        return tags
    notes.append("the georeference is left out: the size has changed")
    return {number: tag for number, tag in tags.items() if number not in GEO | GEO_KEYS}


def _is_point(tags: Tags) -> bool:
    keys = tags.get(_KEYS)
    numbers = keys.numbers().tolist() if isinstance(keys, Tag) else []
    return any(
        numbers[at] == _RASTER_TYPE and numbers[at + 3] == _POINT for at in range(4, len(numbers) - 3, 4)
    )


def _doubles(values: NDArray[np.float64]) -> Tag:
    return Tag(_DOUBLE, values.size, values.astype("<f8").tobytes())
