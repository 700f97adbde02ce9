"""Totals of many channels and maps as tables, and which of them is shown in full."""

from collections.abc import Sequence

import numpy as np
from rich.table import Table

from convcli.commands.explain.steps import View
from convcli.display.terminal.facts import table
from convcli.display.words import number
from convcli.errors import ConvcliError, GeometryError, UsageError

__all__ = [
    "channel_totals",
    "farthest",
    "map_totals",
    "shown_channels",
    "shown_columns",
    "shown_parts",
]

# Columns of text that the total of one component takes, about.
TOTAL_WIDTH = 11

# Columns of text for channel, value and stored sample.
OTHER_WIDTH = 42


def shown_channels(count: int, channel: int | None) -> tuple[int, ...]:
    """Return the channels that are shown of `count`: all, or the one that is asked for."""
    return _chosen(count, channel, "channel", "picture", GeometryError)


def shown_parts(count: int, map: int | None) -> tuple[int, ...]:
    """Return the components of a kernel that are shown: all, or the one that is asked for."""
    return _chosen(count, map, "map", "kernel", UsageError)


def _chosen(
    count: int, index: int | None, what: str, owner: str, error: type[ConvcliError]
) -> tuple[int, ...]:
    if index is None:
        return tuple(range(count))
    if not 0 <= index < count:
        hint = f"{what}s are 0 to {count - 1}" if count > 1 else f"leave --{what} out"
        raise error(f"there is no {what} {index}: the {owner} has {count}", hint=hint)
    return (index,)


def farthest(view: View) -> tuple[int, int]:
    """Return the component and the channel whose total is the farthest from 0 of those that are shown."""
    sums = [part.trace.channel_sums for part in view.found.parts]
    pairs = [(part, channel) for part in view.parts for channel in view.channels]
    return max(pairs, key=lambda pair: abs(np.nan_to_num(sums[pair[0]][pair[1]])))


def shown_columns(view: View, part: int, width: int) -> tuple[int, ...]:
    """Return the components whose totals stand beside each other: `part` alone where each gives a map."""
    if view.found.how is None:
        return (part,)
    sizes = [max(map(abs, each.trace.channel_sums)) for each in view.found.parts]
    return _largest(view.parts, sizes, max(1, (width - OTHER_WIDTH) // TOTAL_WIDTH), part)


def channel_totals(view: View, block: tuple[int, int], most: int, width: int) -> Table:
    """Return the totals of each channel, by the components that are combined or by that of the `block`.

    Of more channels than `most`, those are left out whose totals are the nearest to 0.
    """
    found, say, (part, focus) = view.found, view.say, block
    sums = [each.trace.channel_sums for each in found.parts]
    columns, rows = shown_columns(view, part, width), _largest(view.channels, sums[part], most, focus)
    heads = [found.parts[column].name or say("sum") for column in columns]
    results = list[Sequence[float]]()  # of each channel; a sum over channels has one
    if found.parts[part].trace.kernel.ndim == 2:
        of_map = 0 if found.how is not None else part
        results = [found.values[of_map], found.samples.stored[of_map]]
        heads += [say("value"), say("stored")]
    drawn = _table(say("channel"), heads)
    for channel in rows:
        totals = [number(sums[column][channel]) for column in columns]
        drawn.add_row(view.names[channel], *totals, *(number(each[channel], 9) for each in results))
    others = [channel for channel in view.channels if channel not in rows]
    if others:
        rest = [] if results else [sum(sums[column][channel] for channel in others) for column in columns]
        drawn.add_row(say("the other {count}", count=len(others)), *map(number, rest))
    if not results:
        drawn.add_row(say("sum"), *(number(found.parts[column].trace.sums[0]) for column in columns))
    return drawn


def map_totals(view: View, block: tuple[int, int], most: int) -> Table:
    """Return the sum of each component, or sum, value and stored sample of each map, of the block's channel.

    Of more than `most`, those are left out that are the nearest to 0.
    """
    found, say, (part, channel) = view.found, view.say, block
    place = channel if len(found.parts[part].trace.sums) > 1 else 0
    values = [each.trace.values[place] for each in found.parts]
    rows = _largest(view.parts, values, most, part)
    combined = found.how is not None
    heads = [say("sum"), say("bias")] + ([] if combined else [say("value"), say("stored")])
    drawn = _table(say("component") if combined else say("map"), heads)
    for index in rows:
        trace = found.parts[index].trace
        cells = [number(trace.sums[place]), number(trace.bias)]
        if not combined:
            cells += [number(values[index]), number(found.samples.stored[index][place], 9)]
        drawn.add_row(found.parts[index].name, *cells)
    if len(rows) < len(view.parts):
        drawn.add_row(say("the other {count}", count=len(view.parts) - len(rows)))
    return drawn


def _table(first: str, heads: Sequence[str]) -> Table:
    drawn = table()
    drawn.add_column(first, no_wrap=True)
    for head in heads:
        drawn.add_column(head, justify="right", no_wrap=True)
    return drawn


def _largest(places: Sequence[int], sizes: Sequence[float], most: int, kept: int) -> tuple[int, ...]:
    """Return `kept` and the others of the places that have the largest sizes, in their own order."""
    ranked = sorted(places, key=lambda place: (place != kept, -abs(np.nan_to_num(sizes[place]))))
    return tuple(sorted(ranked[:most]))
