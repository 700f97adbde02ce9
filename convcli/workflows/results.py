"""From feature maps to what one file shall hold: range, depth, the words about what was cut, the figures."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convcli.imaging.formats import Format
from convcli.imaging.image import Frame, Image, Space, full_scale
from convcli.imaging.pixels import suggest_unit, target_dtype, to_pixels
from convcli.specs import FilterSpec, PoolSpec
from convcli.vocab import Depth, RangeMode

__all__ = ["FeatureMap", "Result", "as_channels", "develop", "figures"]

WORTH_SAYING = 0.01
"""The share of cut pixels above which a line says so."""


class FeatureMap(NamedTuple):
    """What one frame gave: numbers in the image's units, and its transparency in the same."""

    values: NDArray[Any]
    alpha: NDArray[Any] | None


class Result(NamedTuple):
    """One file's worth of results: the image, lines for people, and how many pixels were cut."""

    image: Image
    notes: tuple[str, ...]
    clipped: int

    def of(self, label: str) -> "Result":
        """Return the same with the map's label before each line."""
        return self._replace(notes=tuple(f"{label}: {note}" for note in self.notes))


def develop(image: Image, maps: Sequence[FeatureMap], spec: FilterSpec | PoolSpec, format: Format) -> Result:
    """Turn one feature map of each frame of `image` into an image for a file of `format`.

    Raises
    ------
    OutputError
        The format cannot hold what was asked for.
    """
    depth = spec.depth
    if spec.range is RangeMode.RAW and depth is Depth.AUTO and "float" in format.depths:
        depth = Depth.FLOAT
    target = target_dtype(depth, image.dtype, format)
    floats = target.dtype.kind == "f"
    mode = spec.range or (RangeMode.RAW if floats else RangeMode.CLIP)
    measured = image.dtype.kind == "f"
    full = full_scale(target.dtype if measured else image.dtype)

    frames, clipped = [], 0
    for frame, found in zip(image.frames, maps, strict=True):
        pixels = to_pixels(found.values, mode, full_in=full, target=target.dtype)
        clipped += pixels.clipped
        alpha = None if found.alpha is None else _opacity(found.alpha, image.dtype, target.dtype, format)
        frames.append(Frame(pixels.array, alpha, frame.duration))

    notes = [target.note] if target.note else []
    pixels_in_all = sum(found.values.shape[0] * found.values.shape[1] for found in maps)
    if clipped > WORTH_SAYING * pixels_in_all:
        notes.append(_cut(clipped / pixels_in_all, mode))
    if (
        measured
        and not floats
        and mode is RangeMode.CLIP
        and all(suggest_unit(found.values) for found in maps)
    ):
        notes.append("all results lie within 0..1; --range unit makes 1 white")
    made = replace(image, frames=tuple(frames), space=_space(image, frames[0]), notes=())
    return Result(made, tuple(notes), clipped)


def _opacity(
    alpha: NDArray[Any], source: np.dtype[Any], target: np.dtype[Any], format: Format
) -> NDArray[Any]:
    """Return transparency in the output's units: 0 to white; in a file of numbers, in the input's."""
    if target.kind != "f":
        mode = RangeMode.UNIT if source.kind == "f" else RangeMode.CLIP
        return to_pixels(alpha, mode, full_in=full_scale(source), target=target).array
    white = full_scale(source)
    return alpha.astype(target) if format.numbers else np.divide(alpha, white, dtype=target)


def _cut(share: float, mode: RangeMode) -> str:
    others = [other for other in (RangeMode.ABS, RangeMode.SCALE, RangeMode.CENTER) if other is not mode]
    return f"{share:.0%} of the pixels were cut to fit; --range {'|'.join(others)} keeps more"


def _space(image: Image, frame: Frame) -> Space:
    before = image.frames[0].channels
    if frame.channels == before or image.space is Space.DATA:
        return image.space
    return Space.GRAY if frame.channels == 1 else Space.DATA


def as_channels(results: Sequence[Result]) -> Result:
    """Lay the maps of several results side by side as channels of one image."""
    images = [result.image for result in results]
    frames = [
        same[0]._replace(pixels=np.dstack([frame.pixels for frame in same]))
        for same in zip(*(image.frames for image in images), strict=True)
    ]
    image = replace(images[0], frames=tuple(frames), space=Space.DATA)
    notes = tuple(dict.fromkeys(note for result in results for note in result.notes))
    return Result(image, notes, sum(result.clipped for result in results))


def figures(maps: Sequence[NDArray[Any]]) -> dict[str, float]:
    """Return the least, greatest and mean result, before range mapping."""
    return {
        "min": float(min(values.min() for values in maps)),
        "max": float(max(values.max() for values in maps)),
        "mean": sum(float(values.sum(dtype=np.float64)) for values in maps) / sum(map(np.size, maps)),
    }
