"""Totals of many channels and maps as tables, and which of them is shown in full."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from rich.table import Table

from convcli.commands.explain.steps import Explained
from convcli.display.language import Say
from convcli.display.terminal.facts import table
from convcli.display.words import number
from convcli.errors import GeometryError, UsageError

__all__ = [
    "Shown",
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


class Shown(NamedTuple):
    """The channels, and the components or maps, that are shown."""

    channels: tuple[int, ...]
    parts: tuple[int, ...]


def shown_channels(count: int, channel: int | None) -> tuple[int, ...]:
    """Return the channels that are shown of `count`: all, or the one that is asked for."""
    if channel is None:
        return tuple(range(count))
    if not 0 <= channel < count:
        there = f"channels are 0 to {count - 1}" if count > 1 else "leave --channel out"
        raise GeometryError(f"there is no channel {channel}: the picture has {count}", hint=there)
    return (channel,)


def shown_parts(count: int, map: int | None) -> tuple[int, ...]:
    """Return the components of a kernel that are shown: all, or the one that is asked for."""
    if map is None:
        return tuple(range(count))
    if not 0 <= map < count:
        there = f"maps are 0 to {count - 1}" if count > 1 else "leave --map out"
        raise UsageError(f"there is no map {map}: the kernel has {count}", hint=there)
    return (map,)


def farthest(found: Explained, shown: Shown) -> tuple[int, int]:
    """Return the component and the channel whose total is the farthest from 0 of those that are shown."""
    totals = {
        (part, channel): abs(np.nan_to_num(found.parts[part].trace.channel_sums[channel]))
        for part in shown.parts
        for channel in shown.channels
    }
    return max(totals, key=totals.__getitem__)


def shown_columns(found: Explained, shown: Shown, part: int, width: int) -> tuple[int, ...]:
    """Return the components whose totals stand beside each other: `part` alone where each gives a map."""
    if found.how is None:
        return (part,)
    sizes = [max(map(abs, each.trace.channel_sums)) for each in found.parts]
    return _largest(shown.parts, sizes, max(1, (width - OTHER_WIDTH) // TOTAL_WIDTH), part)


def channel_totals(
    found: Explained,
    shown: Shown,
    block: tuple[int, int],
    names: Sequence[str],
    most: int,
    width: int,
    say: Say,
) -> Table:
    """Return the totals of each channel, by the components that are combined or by that of the `block`.

    Of more channels than `most`, those are left out whose totals are the nearest to 0.
    """
    part, focus = block
    sums = [each.trace.channel_sums for each in found.parts]
    summed = found.parts[part].trace.kernel.ndim == 3
    columns = shown_columns(found, shown, part, width)
    rows = _largest(shown.channels, list(map(abs, sums[part])), most, focus)
    heads = [found.parts[column].name or say("sum") for column in columns]
    per_map = 0 if found.how is not None else part
    if not summed:
        heads += [found.how.value] if found.how is not None else []
        heads += [say("value"), say("stored")]
    drawn = _table(say("channel"), heads)
    for channel in rows:
        cells = [number(sums[column][channel]) for column in columns]
        if not summed:
            cells += [number(found.combined[channel])] if found.how is not None else []
            cells += [number(found.values[per_map][channel])]
            cells += [number(found.samples.stored[per_map][channel], 9)]
        drawn.add_row(names[channel], *cells)
    others = [channel for channel in shown.channels if channel not in rows]
    if others:
        rest = [sum(sums[column][channel] for channel in others) for column in columns] if summed else []
        drawn.add_row(say("the other {count}", count=len(others)), *map(number, rest))
    if summed and len(shown.channels) > 1:
        drawn.add_row(say("sum"), *(number(found.parts[column].trace.sums[0]) for column in columns))
    return drawn


def map_totals(found: Explained, shown: Shown, block: tuple[int, int], most: int, say: Say) -> Table:
    """Return the sum of each component, or sum, value and stored sample of each map, of the block's channel.

    Of more than `most`, those are left out that are the nearest to 0.
    """
    part, channel = block
    place = channel if len(found.parts[part].trace.sums) > 1 else 0
    values = [each.trace.values[place] for each in found.parts]
    rows = _largest(shown.parts, list(map(abs, values)), most, part)
    combined = found.how is not None
    heads = [say("sum"), say("bias")] + ([] if combined else [say("value"), say("stored")])
    drawn = _table(say("component") if combined else say("map"), heads)
    for index in rows:
        trace = found.parts[index].trace
        cells = [number(trace.sums[place]), number(trace.bias)]
        if not combined:
            cells += [number(values[index]), number(found.samples.stored[index][place], 9)]
        drawn.add_row(found.parts[index].name, *cells)
    if len(rows) < len(shown.parts):
        drawn.add_row(say("the other {count}", count=len(shown.parts) - len(rows)))
    return drawn


def _table(first: str, heads: Sequence[str]) -> Table:
    drawn = table()
    drawn.add_column(first, no_wrap=True)
    for head in heads:
        drawn.add_column(head, justify="right", no_wrap=True)
    return drawn


def _largest(places: Sequence[int], sizes: Sequence[float], most: int, kept: int) -> tuple[int, ...]:
    """Return `kept` and the others of the places that have the largest sizes, in their own order."""
    ranked = sorted(places, key=lambda place: (place != kept, -np.nan_to_num(sizes[place])))
    return tuple(sorted(ranked[:most]))
