"""The page of ``convcli explain --stack --html``: every layer's maps, and what each pixel depends on."""

from bisect import bisect_right
from dataclasses import asdict
from math import prod
from typing import Any

import numpy as np

from convcli.choices import Language, PadMode, PoolMode
from convcli.commands.explain.stack.steps import Chain, chain, chosen_map, kept
from convcli.display.language import Say
from convcli.display.pages.page import page
from convcli.display.pages.pixels import packed_pixels
from convcli.display.words import printable
from convcli.engine.analysis.pixel_trace import output_pixel
from convcli.engine.arrays import Array, Indices
from convcli.engine.window import Window
from convcli.limits import PAGE_NUMBERS
from convcli.stacks.convolutions import Conv, KernelConv
from convcli.stacks.dependence import Region, closed
from convcli.stacks.layers import Layer, Pool, Shape
from convcli.stacks.stack import Stack

__all__ = ["stack_page"]

# The folder of the assets and messages of both pages.
PACKAGE = "convcli.commands.explain"

# Scripts of the page about one kernel that are used here, too.
SCRIPTS = ("explain-arithmetic", "explain-pictures", "explain-tables")

# Each pixel of the longest side counts as so many of the page's numbers, so that no canvas gets too long.
SIDE_COST = 5


def stack_page(
    stack: Stack,
    x: Array,
    called: tuple[str, str],
    at: tuple[int, int] | None,
    index: int | None,
    spoken: Language,
) -> bytes:
    """Return the page as UTF-8, about the input `x`, C x H x W, and a stack that people call `called`.

    It begins with the pixel `at` of the last layer, or the middle one, of its map `index`, in the language
    `spoken`. Of large pictures it holds what the pixels around `at` depend on.
    """
    found = chain(stack, (x.shape[0], x.shape[1], x.shape[2]))
    last = found.shapes[-1]
    pixel = output_pixel(at or (last[1] // 2, last[2] // 2), last[1:])
    parts = _parts(found, pixel)
    maps = kept(stack, x, parts)
    starts = [tuple(part.start for part in region.slices) for region in parts]
    layers = [_about("input", "input", found.shapes[0], 0, (1, 1))]
    for number, (layer, trace) in enumerate(zip(stack.layers, found.traces, strict=True), 1):
        table = found.tables[number - 1]
        rows, columns = (
            packed_pixels(np.where(places >= 0, places - first, places)[None, part])
            for places, part, first in zip(
                (table.rows, table.columns), parts[number].slices, starts[number - 1], strict=True
            )
        )
        layers.append(
            _about(printable(layer.name), layer.type, trace.shape, trace.parameters, trace.receptive_field)
            | {"rows": rows, "columns": columns, "constant": table.constant}
            | _does(layer, trace.shape[0])
        )
    for about, values, start in zip(layers, maps, starts, strict=True):
        about |= {"maps": packed_pixels(values.astype(np.float32)), "start": start}
    data = {
        "name": called[0],
        "stack": called[1],
        "layers": layers,
        "at": [place - first for place, first in zip(pixel, starts[-1], strict=True)],
        "map": chosen_map(index, last),
        "whole": all(part.size == shape[1:] for part, shape in zip(parts, found.shapes, strict=True)),
    }

    def title(say: Say) -> str:
        return say("{name} through {stack}, layer by layer", name=called[0], stack=called[1])

    return page(PACKAGE, "stack", title, data, scripts=SCRIPTS, language=spoken).encode()


def _about(name: str, kind: str, shape: Shape, parameters: int, field: tuple[int, int]) -> dict[str, Any]:
    return {"name": name, "type": kind, "shape": shape, "parameters": parameters, "field": field}


def _does(layer: Layer, maps: int) -> dict[str, Any]:
    """Return what a layer does to its windows: sums of products and how they are joined, or a function."""
    if isinstance(layer, Pool):
        how = layer.pooling
        counted = how.mode is PoolMode.AVG and how.count_include_pad
        slides = {} if layer.whole else _slides(how.window, counted)
        return {"operation": how.mode.value, "p": how.p} | slides
    if not isinstance(layer, Conv | KernelConv):
        return {}
    planes, sums = list[Array](), list[list[list[float]]]()
    for index in range(maps):
        sums.append([])
        for part in layer.parts(index):
            sums[-1].append([sum(map(len, planes)), part.channels.start, len(part.channels), part.bias])
            planes.append(part.weights)
    joined = (layer.combine.value, layer.bias) if isinstance(layer, KernelConv) else ("none", 0.0)
    return {
        "weights": packed_pixels(np.concatenate(planes).astype(np.float32)),
        "sums": sums,
        "combine": joined[0],
        "bias": joined[1],
    } | _slides(layer.window)


def _slides(window: Window, counted: bool = True) -> dict[str, Any]:
    """Return how a window slides, and how its input is padded: neutral padding may be `counted` as 0."""
    mode = (PadMode.ZERO if counted else "neutral") if window.mode is None else window.mode
    return {"window": asdict(window) | {"mode": None, "pad": str(mode), "padValue": window.constant}}


def _parts(found: Chain, pixel: tuple[int, int]) -> list[Region]:
    """Return the parts of input and layers that fit into a page: all, or what the pixels around one need."""
    size = found.shapes[-1][1:]

    def around(side: int) -> list[Region]:
        places = (_places(at, n, side) for at, n in zip(pixel, size, strict=True))
        return closed(found.tables, Region(*places))

    def numbers(parts: list[Region]) -> int:
        weights = sum(trace.parameters for trace in found.traces)
        maps = sum(shape[0] * prod(part.size) for part, shape in zip(parts, found.shapes, strict=True))
        return max(weights + maps, SIDE_COST * max(max(part.size) for part in parts))

    whole = [Region(np.arange(shape[1]), np.arange(shape[2])) for shape in found.shapes]
    if numbers(whole) <= PAGE_NUMBERS.most:
        return whole
    what = f"page: the numbers behind the pixel {pixel} of the last layer,"
    PAGE_NUMBERS.check(numbers(around(1)), "use a smaller picture, or a stack with fewer maps", what=what)
    sides = range(1, max(size) + 1)
    return around(bisect_right(sides, PAGE_NUMBERS.most, key=lambda side: numbers(around(side))))


def _places(at: int, n: int, side: int) -> Indices:
    start = min(max(0, at - side // 2), max(0, n - side))
    return np.arange(start, min(n, start + side))
