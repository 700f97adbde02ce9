"""Running a stack, and what can be told of each layer."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from numpy.typing import NDArray

from convcli.errors import ConvcliError, GeometryError
from convcli.stacks.convolutions import Conv, KernelConv
from convcli.stacks.geometry import Window, even_sizes, receptive_field, sizes
from convcli.stacks.layers import Layer, Shape, size_of
from convcli.stacks.stack import Stack, called

__all__ = ["Dense", "Step", "dense", "even_input", "plan", "run"]

Array = NDArray[Any]
Watcher = Callable[["Step", Array], None]


class Step(NamedTuple):
    """One layer at work on an input of a certain size.

    Attributes
    ----------
    number, name, type
        Which layer; the first is 1.
    given, shape
        C x H x W before and behind it.
    parameters, macs
        Learned numbers, and products with weights that are added up.
    field
        Rows and columns of the input that one result can depend on.
    unused
        Rows and columns of padding at the far edges that no window reaches, though the near ones are seen.
    seconds
        What it took.
    """

    number: int
    name: str
    type: str
    given: Shape
    shape: Shape
    parameters: int
    macs: int
    field: tuple[int, int]
    unused: tuple[int, int]
    seconds: float = 0.0


class Dense(NamedTuple):
    """What convolutions need, and other layers that make the same shapes of the same shapes would.

    Attributes
    ----------
    parameters, macs
        Of the convolutions.
    local
        Weights where every place had its own: local connection without sharing.
    full
        Weights of fully connected layers, and so their multiply-adds.
    full_parameters
        The same with biases.
    """

    parameters: int
    macs: int
    local: int
    full: int
    full_parameters: int


def plan(stack: Stack, shape: Shape) -> list[Step]:
    """Return what each layer will do to an input of C x H x W, without computing it.

    Raises
    ------
    GeometryError
        Channels do not fit, or a window is larger than what it slides over.
    """
    steps = []
    along: tuple[list[Window], list[Window]] = ([], [])
    given = shape
    for index, layer in enumerate(stack.layers, 1):
        windows = layer.windows()
        for before, window in zip(along, windows, strict=True):
            before.append(window)
        made = _shape(index, layer, windows, given)
        step = Step(
            number=index,
            name=layer.name,
            type=layer.type,
            given=given,
            shape=made,
            parameters=layer.parameters,
            macs=layer.macs(given, made),
            field=(receptive_field(along[0], shape[1]), receptive_field(along[1], shape[2])),
            unused=(windows[0].unused(given[1]), windows[1].unused(given[2])),
        )
        steps.append(step)
        given = made
    return steps


def _shape(index: int, layer: Layer, windows: tuple[Window, Window], given: Shape) -> Shape:
    try:
        channels = layer.channels(given[0])
    except GeometryError as error:
        raise GeometryError(f"{called(index, layer)} {error.message}", hint=error.hint) from error
    rows, columns = windows
    size = rows.size(given[1]), columns.size(given[2])
    if min(size) < 1:
        padded = given[1] + rows.before + rows.after, given[2] + columns.before + columns.after
        with_padding = f" (padded to {padded[0]}x{padded[1]})" if padded != given[1:] else ""
        raise GeometryError(
            f"{called(index, layer)} leaves nothing: its window {rows.span}x{columns.span} is larger than"
            f" the {given[1]}x{given[2]}{with_padding} that reach it",
            hint="use a larger picture, fewer strides, or padding",
        )
    return channels, *size


def run(
    stack: Stack, x: Array, *, jobs: int | None = None, watch: Watcher | None = None
) -> tuple[Array, list[Step]]:
    """Pass C x H x W numbers through all layers; `watch` sees what each makes.

    Raises
    ------
    GeometryError
        The input does not fit.
    """
    planned = plan(stack, (x.shape[0], x.shape[1], x.shape[2]))
    done = []
    for layer, step in zip(stack.layers, planned, strict=True):
        start = time.perf_counter()
        try:
            x = layer(x, jobs)
        except ConvcliError as error:
            error.message = f"{called(step.number, layer)}: {error.message}"
            raise
        done.append(step._replace(seconds=time.perf_counter() - start))
        if watch is not None:
            watch(done[-1], x)
    return x, done


def dense(stack: Stack, steps: list[Step]) -> Dense:
    """Return what fully connected layers in place of the convolutions would need."""
    totals = [0, 0, 0, 0, 0]
    for layer, step in zip(stack.layers, steps, strict=True):
        if not isinstance(layer, Conv | KernelConv):
            continue
        full = size_of(step.given) * size_of(step.shape)
        biases = size_of(step.shape) if layer.dense_bias else 0
        for at, count in enumerate((step.parameters, step.macs, step.macs + biases, full, full + biases)):
            totals[at] += count
    return Dense(*totals)


def even_input(stack: Stack, shape: Shape) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the nearest heights and widths for which no layer leaves padding unused on one side.

    The given height or width alone where it is one.
    """
    found = []
    for axis in (0, 1):
        windows = [layer.windows()[axis] for layer in stack.layers]
        reached = sizes(windows, shape[axis + 1])
        uneven = any(window.unused(n) for window, n in zip(windows, reached, strict=False))
        found.append(even_sizes(windows, shape[axis + 1]) if uneven else (shape[axis + 1],))
    return found[0], found[1]
