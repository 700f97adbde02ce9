"""A stack at one pixel of its last layer: back through the layers, and what each computes there."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any, NamedTuple

import numpy as np

from convcli.engine.analysis.pixel_trace import PixelTrace, output_pixel, trace_window
from convcli.engine.arrays import Array
from convcli.engine.window import Window
from convcli.errors import GeometryError
from convcli.pipeline.jsonable import plain
from convcli.stacks.convolutions import Conv, KernelConv
from convcli.stacks.dependence import Region, Taps, closed, regions, taps
from convcli.stacks.layers import Layer, Shape
from convcli.stacks.stack import Stack
from convcli.stacks.trace import LayerTrace, plan, run

__all__ = ["Chain", "Ends", "Step", "chain", "chosen_map", "kept", "report", "steps"]

# First and last row, first and last column.
Ends = tuple[tuple[int, int], tuple[int, int]]


class Chain(NamedTuple):
    """A stack over an input of one shape: what each layer makes of it, and which pixels each output reads."""

    layers: tuple[Layer, ...]
    traces: list[LayerTrace]
    tables: list[Taps]

    @property
    def shapes(self) -> list[Shape]:
        """C x H x W of the input, and of each layer's output."""
        return [self.traces[0].input_shape, *(trace.shape for trace in self.traces)]


@dataclass(frozen=True, eq=False)
class Step:
    """One layer at the pixel `at` of its map `map`; the input comes first, as the layer "input".

    Attributes
    ----------
    sees
        Rows and columns of the input that one result can depend on, edges ignored.
    needed, seen
        The pixels of this layer that the last layer's pixel depends on, and those of the input that this
        pixel depends on.
    window
        Its window in the layer before, padding included.
    read : (C, kh, kw) array
        The window's values, of the channels that count; NaN takes no part.
    values
        How many values of the layer before these are.
    sums
        Products and sums of a convolution, for each of the kernels that it combines.
    """

    shape: Shape
    at: tuple[int, int]
    map: int
    value: float
    needed: Region
    seen: Region
    name: str = "input"
    type: str = "input"
    parameters: int = 0
    sees: tuple[int, int] = (1, 1)
    window: Ends | None = None
    read: Array = field(default_factory=lambda: np.zeros((0, 1, 1)))
    values: int = 0
    sums: tuple[PixelTrace, ...] = ()
    layer: Layer | None = None


def chain(stack: Stack, shape: Shape) -> Chain:
    """Return what the layers of `stack` make of an input of C x H x W, and which pixels each output reads."""
    traces = plan(stack, shape)
    tables = [taps(layer, trace.input_shape) for layer, trace in zip(stack.layers, traces, strict=True)]
    return Chain(stack.layers, traces, tables)


def kept(stack: Stack, x: Array, parts: Sequence[Region]) -> list[Array]:
    """Return the parts of the input `x` and of each layer's output that lie in `parts`, from end to end."""
    found = [x[:, *parts[0].slices]]

    def keep(_: LayerTrace, maps: Array) -> None:
        found.append(maps[:, *parts[len(found)].slices].copy())  # the rest is not held in memory

    run(stack, x, watch=keep)
    return found


def chosen_map(index: int | None, shape: Shape) -> int:
    """Return the map of the last layer that is explained: the first, unless another is chosen."""
    if index is not None and not 0 <= index < shape[0]:
        there = f"maps are 0 to {shape[0] - 1}" if shape[0] > 1 else "leave --map out"
        raise GeometryError(f"there is no map {index}: the last layer makes {shape[0]}", hint=there)
    return index or 0


def steps(stack: Stack, x: Array, at: tuple[int, int], index: int | None) -> list[Step]:
    """Trace the pixel `at` of the last layer's map `index` back to the input `x`, C x H x W.

    Each layer is shown at the pixel in the middle of the window of the one after it; where a convolution adds
    channels up, at the channel with the largest sum.
    """
    found = chain(stack, (x.shape[0], x.shape[1], x.shape[2]))
    last, shapes = found.shapes[-1], found.shapes
    index, path = chosen_map(index, last), [output_pixel(at, last[1:])]
    needed, parts = regions(found.tables, _pixel(path[0])), closed(found.tables, _pixel(path[0]))
    for table in reversed(found.tables):
        path.insert(0, table.middle(path[0]))
    maps = kept(stack, x, parts)
    starts = [(part.slices[0].start, part.slices[1].start) for part in parts]
    made = list[Step]()
    for number in range(len(shapes) - 1, -1, -1):
        place, start = path[number], starts[number]
        before = regions(found.tables[:number], _pixel(place))
        value = float(maps[number][index, place[0] - start[0], place[1] - start[1]])
        step = Step(shapes[number], place, index, value, needed[number], before[0])
        if number:
            layer, trace = found.layers[number - 1], found.traces[number - 1]
            read = found.tables[number - 1].window(maps[number - 1], place, starts[number - 1])
            sums, channels = _sums(layer, read, index)
            axes = zip(layer.axis_maps(), place, shapes[number - 1][1:], strict=True)
            rows, columns = (one.inputs(m, m, n) for one, m, n in axes)
            step = replace(
                step,
                name=layer.name,
                type=layer.type,
                parameters=layer.parameters,
                sees=trace.receptive_field,
                window=(rows, columns),
                read=read[channels],
                values=len(channels) * prod(before[-2].size),
                sums=sums,
                layer=layer,
            )
            if sums:
                index = channels[int(np.abs([one.channel_sums for one in sums]).sum(0).argmax())]
        made.append(step)
    return made[::-1]


def _pixel(at: tuple[int, int]) -> Region:
    return Region(np.array([at[0]]), np.array([at[1]]))


def _sums(layer: Layer, read: Array, index: int) -> tuple[tuple[PixelTrace, ...], list[int]]:
    """Return the sums of a convolution's map, none of other layers, and the channels that are read."""
    if not isinstance(layer, Conv | KernelConv):
        return (), [index]
    parts = layer.parts(index)
    window = Window(read.shape[1:], mode=None)
    pixels = np.moveaxis(read, 0, 2)
    sums = tuple(
        trace_window(pixels[..., part.channels], part.weights, (0, 0), window, bias=part.bias)
        for part in parts
    )
    return sums, list(parts[0].channels)


def report(found: Sequence[Step], name: str, stack: str) -> dict[str, Any]:
    """Return the JSON object: the pixel, and every layer from the input on."""
    last, pixels = found[-1], prod(found[0].shape[1:])
    layers = [
        {
            "name": step.name,
            "type": step.type,
            "shape": step.shape,
            "parameters": step.parameters,
            "at": step.at,
            "map": step.map,
            "value": step.value,
            "window": step.window and {"rows": step.window[0], "columns": step.window[1]},
            "needed": _region(step.needed),
            "receptive_field": {
                **_region(step.seen),
                "field": step.sees,
                "share": prod(step.seen.size) / pixels,
            },
            "sums": [trace.channel_sums for trace in step.sums],
            "bias": [trace.bias for trace in step.sums],
            "read": [] if step.sums else step.read[~np.isnan(step.read)],
        }
        for step in found
    ]
    said = {"input": name, "stack": stack, "at": last.at, "map": last.map, "value": last.value}
    return dict(plain({**said, "layers": layers}))


def _region(region: Region) -> dict[str, Any]:
    rows, columns = region.ends or (None, None)
    return {"rows": rows, "columns": columns, "size": region.size}
