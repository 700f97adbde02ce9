"""The page of ``convcli explain --html``: the picture, kernels to choose from, and where to begin."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convcli.commands.explain.steps import channel_names, part_names
from convcli.display.pages.page import page
from convcli.display.pages.pixels import packed_pixels
from convcli.engine.analysis.pixel_trace import AxisTrace, output_pixel, trace_window
from convcli.imaging.image import Image, Space, full_scale
from convcli.kernels import library
from convcli.kernels.kernel import Kernel
from convcli.kernels.spec import kernel
from convcli.options.specs import FilterSpec

__all__ = ["page_bytes"]

# Pixels that a page holds: larger pictures are cropped, so that it answers at once.
MOST_PIXELS = 512 * 512

# Rows and columns that a page holds: longer pictures would be drawn as lines.
MOST_SIDE = 1024

# Characters that the packed pixels may take, so that the page stays below 1 MB.
MOST_DATA = 880_000

SCRIPTS = ("arithmetic", "pictures", "tables", "controls")


class Crop(NamedTuple):
    """The part of a picture that a page holds: its first row and column, pixels, the output pixel in it."""

    start: tuple[int, int]
    pixels: NDArray[Any]
    at: tuple[int, int]


def page_bytes(
    image: Image, name: str, text: str, used: Kernel, spec: FilterSpec, at: tuple[int, int] | None
) -> bytes:
    """Return the page as UTF-8: an HTML document about `image`, of one frame, that people call `name`.

    It begins with the kernel that is `used`, whose SPEC is `text`, the settings of `spec`, and the output
    pixel `at`, or the middle one.
    """
    pixels = image.frames[0].pixels
    given = used.rotated() if spec.convolve else used
    weights = given.components[0]
    size, window = pixels.shape[:2], spec.window(weights.shape)
    result = window.output_size(size)
    found = output_pixel(at if at is not None else (result[0] // 2, result[1] // 2), result)
    trace = trace_window(pixels, weights, found, window)
    most, crop, packed = MOST_PIXELS, None, {"data": ""}
    while crop is None or len(packed["data"]) > MOST_DATA:
        crop = _crop(pixels, (trace.rows, trace.columns), most)
        planes = crop.pixels[None] if crop.pixels.ndim == 2 else np.moveaxis(crop.pixels, 2, 0)
        packed = packed_pixels(planes)
        most = int(most * min(0.9, MOST_DATA / max(1, len(packed["data"]))))
    data = {
        "name": name,
        "size": list(size),
        "start": list(crop.start),
        "pixels": packed,
        "channels": list(channel_names(image)),
        "luma": image.space is Space.RGB and planes.shape[0] == 3,
        "white": full_scale(image.dtype) if image.dtype.kind == "u" else None,
        "kernels": [*_given(text, given, spec), *_library()],
        "notes": _notes(text, given, image),
        "settings": {
            "pad": spec.pad.value,
            "padValue": spec.pad_value or 0.0,
            "padding": spec.padding,
            "stride": list(spec.stride),
            "dilation": list(spec.dilation),
            "bias": spec.bias + given.bias[0],
            "convolve": spec.convolve,
        },
        "at": list(crop.at),
    }
    return page(
        __package__, "explain", "{name}: a convolution, pixel by pixel", data, scripts=SCRIPTS
    ).encode()


def _crop(pixels: NDArray[Any], axes: tuple[AxisTrace, AxisTrace], most: int) -> Crop:
    """Crop a picture of more than `most` pixels, or a very long one, around the middle of the window.

    It begins at a whole number of strides, so that the windows lie as they do in the whole picture.
    """
    height, width = pixels.shape[:2]
    side = max(1, int(most**0.5))
    rows = min(height, max(side, most // width), MOST_SIDE)
    columns = min(width, max(1, most // rows), MOST_SIDE)
    cuts, at = [], []
    for trace, length in zip(axes, (rows, columns), strict=True):
        middle, stride = sum(trace.span) // 2, trace.axis.stride
        start = min(max(0, middle - length // 2), trace.size - length)
        cuts.append(slice(start - start % stride, start + length))
        at.append(min(trace.at - start // stride, trace.result - 1))
    down, across = cuts
    return Crop((down.start, across.start), pixels[down, across], (at[0], at[1]))


def _given(text: str, given: Kernel, spec: FilterSpec) -> Iterator[dict[str, Any]]:
    """Yield the kernel of the command line, plane by plane: the page slides one matrix at a time."""
    scaled = ", normalized" if spec.normalize else ""
    for name, weights in zip(part_names(text, given), given.components, strict=True):
        label = ", ".join(filter(None, (f"{text}{scaled}", name)))
        for channel, plane in enumerate(weights.reshape(-1, *weights.shape[-2:])):
            which = f", channel {channel}" if weights.ndim == 3 else ""
            yield {"name": f"{label}{which}", "weights": plane.tolist(), "about": "", "given": True}


def _library() -> Iterator[dict[str, Any]]:
    for name, about in library.names().items():
        weights, *others = kernel(name).components
        if not others:
            yield {"name": name, "weights": weights.tolist(), "about": about, "given": False}


def _notes(text: str, given: Kernel, image: Image) -> list[str]:
    """Say what the page leaves out."""
    notes = []
    if len(given.components) > 1:
        combined = "" if given.combine.value == "none" else f", which {given.combine.value} would combine"
        notes.append(f"{text} is {len(given.components)} kernels{combined}: choose one at a time.")
    if given.components[0].ndim == 3:
        notes.append(f"{text} has weights for each channel and adds the results up: here it is one channel.")
    pixels = image.frames[0].pixels
    if pixels.dtype == np.float64 and not np.array_equal(pixels, pixels.astype(np.float32)):
        notes.append("The pixels are rounded to 32-bit floats.")
    return notes
