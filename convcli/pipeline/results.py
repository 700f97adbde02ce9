"""Feature maps become the image of a file: range, depth, a note on clipped pixels, minimum, maximum, mean."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convcli.choices import Depth, RangeMode
from convcli.errors import OutputError
from convcli.imaging.formats import Format
from convcli.imaging.image import Frame, Image, Space, full_scale, together
from convcli.imaging.pixels import suggest_unit, target_dtype, to_pixels
from convcli.options.specs import FilterSpec, PoolSpec
from convcli.pipeline.clipping import Tally, clipping_note, rivals, tally
from convcli.pipeline.lazy_rows import LazyRows, Statistics, to_samples
from convcli.pipeline.operation import FeatureMap

__all__ = ["Result", "as_channels", "can_be_lazy", "figures", "overflow", "overflow_note", "to_image"]

# Share of clipped pixels above which a note says so.
NOTED_CLIPPING = 0.01


class Result(NamedTuple):
    """The image of one file, notes for people, the number of clipped pixels, and the figures if asked for."""

    image: Image
    notes: tuple[str, ...]
    clipped: int
    figures: tuple[Statistics, ...] = ()

    def labelled(self, label: str) -> "Result":
        """Return the same with the map's label before each note."""
        return self._replace(notes=tuple(f"{label}: {note}" for note in self.notes))


def can_be_lazy(image: Image, spec: FilterSpec | PoolSpec, format: Format) -> bool:
    """Whether bands will do: integer samples in and out, and no range that needs the whole map."""
    if spec.range is not None and (spec.range is RangeMode.RAW or spec.range.stretches):
        return False
    types = {frame.pixels.dtype for frame in image.frames}
    return all(one.kind == "u" and target_dtype(spec.depth, one, format).dtype.kind == "u" for one in types)


def to_image(
    image: Image,
    maps: Sequence[FeatureMap[Any]],
    spec: FilterSpec | PoolSpec,
    format: Format,
    *,
    details: bool = False,
    signed: Callable[[float], bool] | None = None,
    span: tuple[float, float] | None = None,
    counted: bool = True,
) -> Result:
    """Turn one feature map of each frame of `image` into an image for a file of `format`.

    With `details`, the result has the figures of the maps. ``signed(white)``, with white in the units of the
    first frame, says whether negative values are results, as by default, rather than overshoot: the note on
    clipped pixels then names ranges that keep them. `span` is what is stretched, of a band of a picture.
    Unless they are `counted`, there is no such note.
    """
    depth = spec.depth
    if spec.range is RangeMode.RAW and depth is Depth.AUTO and "float" in format.depths:
        depth = Depth.FLOAT
    pages = image.apart()
    targets = [target_dtype(depth, page.dtype, format) for page in pages]
    whites = [
        full_scale(target.dtype if page.dtype.kind == "f" else page.dtype)
        for page, target in zip(pages, targets, strict=True)
    ]
    # One range for all pages; 65535 of a 16-bit page is as bright as 255 of one of 8 bits.
    units = [white / whites[0] for white in whites]
    ends = [
        (one.values.min() / unit, one.values.max() / unit)
        for one, unit in zip(maps, units, strict=True)
        if spec.range is RangeMode.SCALE and len(pages) > 1
    ]
    images, notes, of_pages, measures = list[Image](), list[str](), list[int](), list[Statistics]()
    usual = spec.range or RangeMode.CLIP  # of the pages that can be cut
    negative = any(page.dtype.kind == "f" and page.frames[0].pixels.min() < 0 for page in pages)
    others = rivals(usual, negative or signed is None or signed(whites[0])) if counted else ()
    tallies = list[Tally]()
    dark = list[bool]()  # for each page of floats, whether its results may be meant as 0..1
    for page, found, target, white, unit in zip(pages, maps, targets, whites, units, strict=True):
        to_floats, from_floats = target.dtype.kind == "f", page.dtype.kind == "f"
        mode = spec.range or (RangeMode.RAW if to_floats else RangeMode.CLIP)
        pixels, of_frame, of_bands = to_samples(
            found.values,
            mode,
            full_in=white,
            target=target.dtype,
            jobs=spec.jobs,
            details=details,
            span=(float(np.min(ends)) * unit, float(np.max(ends)) * unit) if ends else span,
            rivals=others,
            counted=counted,
        )
        tallies += of_bands
        of_pages.append(pixels.clipped)
        measures += of_frame
        notes += [target.note] if target.note else []
        if from_floats and not to_floats and mode is RangeMode.CLIP:
            dark.append(not isinstance(found.values, LazyRows) and suggest_unit(found.values))
        alpha = None if found.alpha is None else _opacity(found.alpha, page.dtype, target.dtype, format)
        frame = page.frames[0]._replace(pixels=pixels.array, alpha=alpha)
        images.append(replace(page, frames=(frame,), space=_space(page, frame), notes=()))
        if to_floats:
            notes += overflow_note(page.frames, [pixels.array])
    clipped = sum(of_pages)
    pixels_in_all = sum(found.values.shape[0] * found.values.shape[1] for found in maps)
    if counted and clipped > NOTED_CLIPPING * pixels_in_all:
        tallies += [
            tally(one.values, others, white, target.dtype, cut)
            for one, target, white, cut in zip(maps, targets, whites, of_pages, strict=True)
            if not isinstance(one.values, LazyRows) and (spec.range or target.dtype.kind != "f")
        ]
        notes.append(clipping_note(clipped, pixels_in_all, others, tallies))
    if dark and all(dark):
        notes.append("all results lie within 0..1; --range unit makes 1 white")
    return Result(together(images), tuple(dict.fromkeys(notes)), clipped, tuple(measures))


def overflow_note(before: Sequence[Frame], after: Sequence[NDArray[Any]]) -> list[str]:
    """Return a note where finite pixels gave results that are not: sums beyond the range of their type."""
    if all(_is_finite(values) for values in after) or not all(_is_finite(one.pixels) for one in before):
        return []
    return overflow(sum(int(np.count_nonzero(~np.isfinite(values))) for values in after), after[0].dtype)


def overflow(count: int, dtype: np.dtype[Any]) -> list[str]:
    """Return a note on values that are not finite, if there are any."""
    what = "1 value is not finite: it" if count == 1 else f"{count} values are not finite: they"
    return [f"{what} left the range of {dtype}"] if count else []


def _is_finite(values: NDArray[Any]) -> bool:
    return values.dtype.kind != "f" or bool(np.isfinite(values.min()) and np.isfinite(values.max()))


def _opacity(
    alpha: NDArray[Any], source: np.dtype[Any], target: np.dtype[Any], format: Format
) -> NDArray[Any]:
    """Return alpha in the units of the output; in a file of numbers, in those of the input."""
    if target.kind != "f":
        mode = RangeMode.UNIT if source.kind == "f" else RangeMode.CLIP
        return to_pixels(alpha, mode, full_in=full_scale(source), target=target).array
    return alpha.astype(target) if format.numbers else np.divide(alpha, full_scale(source), dtype=target)


def _space(image: Image, frame: Frame) -> Space:
    before = image.frames[0].channels
    if frame.channels == before or image.space is Space.DATA:
        return image.space
    return Space.GRAY if frame.channels == 1 else Space.DATA


def as_channels(results: Sequence[Result]) -> Result:
    """Lay the maps of several results side by side as channels of one image."""
    images = [result.image for result in results]
    for same in zip(*(image.frames for image in images), strict=True):
        sizes = {frame.size for frame in same}
        if len(sizes) == 1:
            continue
        found = " and ".join(f"{rows}x{columns}" for rows, columns in sorted(sizes))
        raise OutputError(
            f"feature maps of {found} do not fit into one file",
            hint="leave -o out for a file each, or pad them alike",
        )
    frames = [
        same[0]._replace(pixels=np.dstack([frame.pixels for frame in same]), space=None)
        for same in zip(*(image.frames for image in images), strict=True)
    ]
    image = replace(images[0], frames=tuple(frames), space=Space.DATA)
    notes = tuple(dict.fromkeys(note for result in results for note in result.notes))
    return Result(image, notes, sum(result.clipped for result in results))


def figures(parts: Sequence[Statistics]) -> dict[str, float]:
    """Return minimum, maximum and mean of all `parts`, before range mapping."""
    return {
        "min": min(part.minimum for part in parts),
        "max": max(part.maximum for part in parts),
        "mean": sum(part.total for part in parts) / sum(part.size for part in parts),
    }
