"""Runs a stack and traces its layers: shapes, parameters, multiply-adds, receptive field, time."""

import time
from collections.abc import Callable, Sequence
from math import prod
from typing import NamedTuple

import numpy as np

from convcli.engine.arrays import Array
from convcli.engine.window import check_growth
from convcli.errors import ConvcliError, GeometryError
from convcli.stacks.convolutions import Convolution
from convcli.stacks.geometry import even_sizes, output_sizes, receptive_fields
from convcli.stacks.layers import AxisMaps, Layer, Shape
from convcli.stacks.stack import Stack, called

__all__ = ["FullyConnected", "LayerTrace", "even_input", "fully_connected", "plan", "run"]


class LayerTrace(NamedTuple):
    """One layer applied to an input; shapes are C x H x W, pairs (rows, columns).

    Attributes
    ----------
    number, name, type
        Of the layer; the first is number 1.
    input_shape, shape
        Of its input and output.
    parameters, macs
        Learned parameters, and multiply-adds.
    receptive_field
        Rows and columns of the stack's input that one result can depend on.
    unused_padding
        Rows of padding at the bottom and columns at the right that no window reaches, where those at the top
        and left are read.
    seconds
        Time taken.
    """

    number: int
    name: str
    type: str
    input_shape: Shape
    shape: Shape
    parameters: int
    macs: int
    receptive_field: tuple[int, int]
    unused_padding: tuple[int, int]
    seconds: float = 0.0


class FullyConnected(NamedTuple):
    """Costs of the convolutions, and of other layers of the same input and output shapes.

    Attributes
    ----------
    parameters, macs
        Of the convolutions.
    unshared
        Parameters of locally connected layers, with separate weights for every window.
    full_macs, full_parameters
        Of fully connected layers.
    """

    parameters: int = 0
    macs: int = 0
    unshared: int = 0
    full_macs: int = 0
    full_parameters: int = 0


def plan(stack: Stack, shape: Shape) -> list[LayerTrace]:
    """Return what each layer will do to an input of C x H x W, without computing it.

    Raises
    ------
    GeometryError
        Channels do not fit, or a window is larger than what it slides over.
    """
    traces: list[LayerTrace] = []
    rows, columns = stack.axis_maps()
    down, along = receptive_fields(rows, shape[1]), receptive_fields(columns, shape[2])
    given = shape
    for index, layer in enumerate(stack.layers, 1):
        maps = rows[index - 1], columns[index - 1]
        made = _shape(index, layer, maps, given)
        what = f"{called(index, layer)}: its result of {made[1]}x{made[2]} in {made[0]} maps"
        check_growth(shape[1:], made[1:], what, made[0], "use less padding, smaller factors or fewer maps")
        traces.append(
            LayerTrace(
                number=index,
                name=layer.name,
                type=layer.type,
                input_shape=given,
                shape=made,
                parameters=layer.parameters,
                macs=layer.macs(given, made),
                receptive_field=(down[index - 1], along[index - 1]),
                unused_padding=(maps[0].unused_padding(given[1]), maps[1].unused_padding(given[2])),
            )
        )
        given = made
    return traces


def _shape(index: int, layer: Layer, maps: AxisMaps, given: Shape) -> Shape:
    try:
        channels = layer.channels(given[0])
    except GeometryError as error:
        raise GeometryError(f"{called(index, layer)} {error.message}", hint=error.hint) from error
    size = maps[0].output_size(given[1]), maps[1].output_size(given[2])
    if min(size) < 1:
        rows, columns = (one.window for one in maps)
        padded = given[1] + rows.low + rows.high, given[2] + columns.low + columns.high
        with_padding = f" (padded to {padded[0]}x{padded[1]})" if padded != given[1:] else ""
        raise GeometryError(
            f"{called(index, layer)} leaves nothing: its window {rows.span}x{columns.span} is larger than"
            f" the {given[1]}x{given[2]}{with_padding} that reach it",
            hint="use a larger picture, fewer strides, or padding",
        )
    return channels, *size


@np.errstate(all="ignore")
def run(
    stack: Stack,
    x: Array,
    *,
    jobs: int | None = None,
    watch: Callable[[LayerTrace, Array], None] | None = None,
) -> tuple[Array, list[LayerTrace]]:
    """Pass C x H x W values through all layers; `watch` is called with the output of each."""
    traces = plan(stack, (x.shape[0], x.shape[1], x.shape[2]))
    for index, layer in enumerate(stack.layers):
        start = time.perf_counter()
        try:
            x = layer(x, jobs)
        except ConvcliError as error:
            error.message = f"{called(index + 1, layer)}: {error.message}"
            raise
        traces[index] = traces[index]._replace(seconds=time.perf_counter() - start)
        if watch is not None:
            watch(traces[index], x)
    return x, traces


def fully_connected(stack: Stack, traces: Sequence[LayerTrace]) -> FullyConnected:
    """Return the parameters and multiply-adds that fully connected layers would need instead."""
    total = FullyConnected()
    for layer, trace in zip(stack.layers, traces, strict=True):
        if isinstance(layer, Convolution):
            full = prod(trace.input_shape) * prod(trace.shape)
            biases = prod(trace.shape) if layer.has_bias else 0
            counts = trace.parameters, trace.macs, trace.macs + biases, full, full + biases
            total = FullyConnected(*(a + b for a, b in zip(total, counts, strict=True)))
    return total


def even_input(stack: Stack, shape: Shape) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the nearest heights and widths for which no layer leaves padding unused on one side.

    The given height or width alone where it is one of them.
    """
    found = []
    for maps, n in zip(stack.axis_maps(), shape[1:], strict=True):
        reached = output_sizes(maps, n)
        uneven = any(one.unused_padding(m) for one, m in zip(maps, reached, strict=False))
        found.append(even_sizes(maps, n) if uneven else (n,))
    return found[0], found[1]
