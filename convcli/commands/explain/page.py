"""The page of ``convcli explain --html``: the picture, kernels to choose from, and where to begin."""

import json
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convcli.choices import Combine
from convcli.commands.explain.spec import ExplainSpec
from convcli.commands.explain.steps import NAMES, part_names
from convcli.display.language import Say, language
from convcli.display.pages.page import page
from convcli.display.pages.pixels import packed_pixels
from convcli.engine.analysis.pixel_trace import WindowTrace, read_window, trace_window
from convcli.errors import UsageError, shown
from convcli.imaging.image import Image, Space, full_scale
from convcli.kernels import library
from convcli.kernels.kernel import Kernel
from convcli.kernels.spec import kernel
from convcli.options.specs import FilterSpec, PoolSpec

__all__ = ["page_bytes"]

# Pixels that a page holds: larger pictures are cropped, so that it answers at once.
MOST_PIXELS = 512 * 512

# Rows and columns that a page holds: longer pictures would be drawn as lines.
MOST_SIDE = 1024

# Characters that pixels and kernels may take, so that the page stays below 1 MB; some are left for pixels.
MOST_DATA, LEAST_DATA = 860_000, 20_000

# The kernel that pages about pooling have ready: the mean of the window, as average pooling.
BESIDE_POOLING = "box"

# Scripts that come before explain.js.
SCRIPTS = tuple(
    f"explain-{part}" for part in ("arithmetic", "pooling", "pictures", "tables", "words", "controls")
)


class Crop(NamedTuple):
    """The part of a picture that a page holds: its first row and column, pixels, the output pixel in it."""

    start: tuple[int, int]
    pixels: NDArray[Any]
    at: tuple[int, int]


def page_bytes(
    image: Image,
    name: str,
    given: tuple[str, Kernel] | None,
    spec: FilterSpec | PoolSpec,
    begins: ExplainSpec,
) -> bytes:
    """Return the page as UTF-8: an HTML document about `image`, of one frame, that people call `name`.

    It begins with the `given` SPEC and its kernel and the settings of a FilterSpec, or with the pooling of a
    PoolSpec; and with the output pixel, channel, map and language of `begins`: else the middle pixel.
    """
    pixels = image.frames[0].pixels
    sliding = spec if isinstance(spec, FilterSpec) else FilterSpec()
    pooling = spec if isinstance(spec, PoolSpec) else PoolSpec()
    kernels = [*(_given(*given, sliding) if given else ()), *_library()]
    most, crop, packed = MOST_PIXELS, None, {"data": ""}
    room = MOST_DATA - len(json.dumps(kernels))
    if room < LEAST_DATA:
        raise UsageError(
            f"kernel {shown(kernels[0]['name'])} is too large for a page of 1 MB",
            hint="explain it without --html, or give --html a smaller one",
        )
    seen = _seen(pixels, given[1].components[0] if given else None, spec, begins.at)
    while crop is None or len(packed["data"]) > room:
        crop = _crop(pixels, seen, most)
        planes = crop.pixels[None] if crop.pixels.ndim == 2 else np.moveaxis(crop.pixels, 2, 0)
        packed = packed_pixels(planes)
        most = int(most * min(0.9, room / max(1, len(packed["data"]))))
    known = NAMES.get(image.space, ())
    data = {
        "name": name,
        "size": list(pixels.shape[:2]),
        "start": list(crop.start),
        "pixels": packed,
        "channels": list(known) if len(known) == len(planes) else [""] * len(planes),
        "luma": image.space is Space.RGB and len(planes) == 3,
        "white": full_scale(image.dtype) if image.dtype.kind == "u" else None,
        "kernels": kernels,
        "kernel": 0 if given else [each["name"] for each in kernels].index(BESIDE_POOLING),
        "settings": {"kernel": _sliding(sliding), "pool": _pooling(pooling)},
        "begins": "kernel" if isinstance(spec, FilterSpec) else "pool",
        "at": list(crop.at),
        "channel": begins.channel,
        "map": begins.map or 0,
    }

    def title(say: Say) -> str:
        if isinstance(spec, FilterSpec):
            return say("{name}: a convolution, pixel by pixel", name=name)
        return say("{name}: pooling, pixel by pixel", name=name)

    spoken = language(begins.lang, os.environ)
    return page(__package__, "explain", title, data, scripts=SCRIPTS, language=spoken).encode()


def _seen(
    pixels: NDArray[Any],
    weights: NDArray[Any] | None,
    spec: FilterSpec | PoolSpec,
    at: tuple[int, int] | None,
) -> WindowTrace:
    """Return the window of output pixel `at`, or of the middle one."""
    size = (pixels.shape[0], pixels.shape[1])
    if isinstance(spec, PoolSpec):
        window = spec.window(size)
        rows, columns = window.output_size(size, ceil=spec.ceil, what="window")
        return read_window(pixels, window, at or (rows // 2, columns // 2), ceil=spec.ceil, what="window")
    assert weights is not None
    window = spec.window(weights.shape)
    rows, columns = window.output_size(size)
    return trace_window(pixels, weights, at or (rows // 2, columns // 2), window)


def _crop(pixels: NDArray[Any], seen: WindowTrace, most: int) -> Crop:
    """Crop a picture of more than `most` pixels, or a very long one, around the middle of the window.

    It begins at a whole number of strides, so that the windows lie as they do in the whole picture.
    """
    height, width = pixels.shape[:2]
    side = max(1, int(most**0.5))
    rows = min(height, max(side, most // width), MOST_SIDE)
    columns = min(width, max(1, most // rows), MOST_SIDE)
    cuts, at = [], []
    for trace, length in zip((seen.rows, seen.columns), (rows, columns), strict=True):
        middle, stride = sum(trace.span) // 2, trace.axis.stride
        start = min(max(0, middle - length // 2), trace.size - length)
        cuts.append(slice(start - start % stride, start + length))
        at.append(min(trace.at - start // stride, trace.result - 1))
    down, across = cuts
    return Crop((down.start, across.start), pixels[down, across], (at[0], at[1]))


def _kernel(name: str, used: Kernel, combine: Combine | None, **more: Any) -> dict[str, Any]:
    """Return a kernel as the page has it: parts of one plane for all channels, or one for each."""
    parts = zip(part_names(name, used), used.components, used.bias, strict=True)
    return {
        "name": name,
        "combine": (combine or used.combine).value if len(used.components) > 1 else Combine.NONE.value,
        "parts": [
            {
                "name": part if part in library.TABLE else "",
                "weights": packed_pixels(weights.reshape(-1, *weights.shape[-2:])),
                "bias": bias,
            }
            for part, weights, bias in parts
        ],
        **more,
    }


def _given(text: str, used: Kernel, spec: FilterSpec) -> Iterator[dict[str, Any]]:
    found = _kernel(text, used.rotated() if spec.convolve else used, spec.combine, about="", given=True)
    yield found | ({"name": f"{text}, normalized"} if spec.normalize else {})


def _library() -> Iterator[dict[str, Any]]:
    for name, about in library.names().items():
        yield _kernel(name, kernel(name), None, about=about, given=False)


def _sliding(spec: FilterSpec) -> dict[str, Any]:
    return {
        "operation": "convolution" if spec.convolve else "correlation",
        "pad": spec.pad.value,
        "padValue": spec.pad_value or 0.0,
        "padding": spec.padding,
        "stride": spec.stride,
        "dilation": spec.dilation,
        "bias": spec.bias,
    }


def _pooling(spec: PoolSpec) -> dict[str, Any]:
    return {
        "operation": spec.mode.value,
        "size": spec.size,
        "pad": "neutral" if spec.pad is None else spec.pad.value,
        "padValue": spec.pad_value or 0.0,
        "padding": spec.padding,
        "stride": spec.stride or spec.size,
        "dilation": spec.dilation,
        "ceil": spec.ceil,
        "countIncludePad": spec.count_include_pad,
        "p": "inf" if spec.power == np.inf else spec.power,
    }
