"""One output pixel of pooling on the terminal: the window, the pixel that wins, and what becomes of it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from convcli.choices import PoolMode
from convcli.commands.explain.blocks import CHOSEN, PADDING, Room, fitted, marked, middle, partly, places
from convcli.commands.explain.facts import WRITTEN_OUT, labelled, pooling_facts, stored, title, written_sum
from convcli.commands.explain.pooled import Pooled
from convcli.commands.explain.steps import channel_names
from convcli.commands.explain.view import MOST_ROWS, sources
from convcli.display.language import Say
from convcli.display.terminal.cells import colour_system
from convcli.display.terminal.facts import indented, pairs
from convcli.display.words import number
from convcli.engine.analysis.pool_trace import PoolTrace
from convcli.engine.pooling.windows import Pooling
from convcli.options.specs import PoolSpec

__all__ = ["PoolExplanation", "working"]

# Windows of channels that are shown: more are left out.
MOST_CHANNELS = 4

# Rows of each of several windows, so that they fit on two screens above each other.
MOST_ROWS_OF_ALL = 5


@dataclass(frozen=True, eq=False)
class PoolExplanation:
    """The report on one output pixel of the picture `name` as a Rich renderable, for the `channels`."""

    found: Pooled
    name: str
    spec: PoolSpec
    channels: tuple[int, ...]
    say: Say

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        found, say, trace = self.found, self.say, self.found.trace
        room = Room(options.max_width - 2, colour_system(console), MOST_ROWS)
        names, shown = channel_names(found.image, say), self.channels[:MOST_CHANNELS]
        yield title(found.image, self.name, trace.at, say)
        yield pairs(pooling_facts(found, self.spec, say))
        yield Text("")
        named = [(channel, names[channel]) for channel in shown]
        drawn, place = _windows(trace, named, room, say, signal=found.image.signal)
        yield indented(drawn)
        for channel in shown:
            line = working(trace.pixels[channel].tolist(), trace.how, trace.values[channel], say)
            yield indented(Text(say(": ").join(filter(None, (names[channel], line)))))
        if len(self.channels) > len(shown):
            count = len(self.channels) - len(shown)
            note = "left out: {count} of {all} channels; --channel N shows another"
            words = say(note, count=count, all=len(names))
            yield indented(Text(words, style="italic"))
        starred = bool(trace.chosen[shown, *place].any())
        if legend := list(_legend(found, self.spec, room, say, starred=starred)):
            yield Text("")
            yield from map(indented, legend)
        yield Text("")
        values = labelled(list(map(number, trace.values)), names, shown, say)
        samples = stored(trace.values, found.samples, 0, names, shown, say)
        yield pairs([(say("value"), values), (say("stored"), samples)])


def working(pixels: Sequence[float], how: Pooling, value: float, say: Say) -> str:
    """Write out how `pixels` become `value`, such as ``max(0, 1, 3, 4) = 4``; of many only what counts."""
    words, result, count = [number(pixel) for pixel in pixels], number(value), len(pixels)
    few = 0 < count <= WRITTEN_OUT
    match how.mode:
        case PoolMode.MAX | PoolMode.MIN:
            inside = ", ".join(words) if few else say("{count} values", count=count)
            return f"{how.mode}({inside}) = {result}"
        case PoolMode.MEDIAN:
            return _median(sorted(pixels), result, say)
        case PoolMode.AVG:
            inside = written_sum(pixels) if few else say("sum of {count} values", count=count)
            total = "" if few else f" / {count} = {number(math.fsum(pixels))}"
            return f"{inside if count == 1 else f'({inside})'}{total} / {count} = {result}"
        case PoolMode.LP:
            sizes = [f"|{word}|" for word in words]
            if how.p == np.inf:
                return f"max({', '.join(sizes) if few else say('{count} sizes', count=count)}) = {result}"
            power = number(how.p)
            powers = " + ".join(f"{one}^{power}" for one in sizes)
            inside = powers if few else say("sum of {count} powers |x|^{power}", count=count, power=power)
            return f"({inside})^(1/{power}) = {result}"


def _median(ordered: Sequence[float], result: str, say: Say) -> str:
    """Write the sorted pixels, of many those in the middle, and the mean of two middle ones."""
    count = len(ordered)
    near = slice(0, count) if count <= WRITTEN_OUT else slice((count - 1) // 2 - 1, count // 2 + 2)
    words = [number(value) for value in ordered]
    listed = ", ".join(["..."] * (near.start > 0) + words[near] + ["..."] * (near.stop < count))
    halves = f"({words[count // 2 - 1]} + {words[count // 2]}) / 2 = " if count % 2 == 0 else ""
    return say("sorted: {values}; median = {value}", values=listed, value=f"{halves}{result}")


def _windows(
    trace: PoolTrace, named: Sequence[tuple[int, str]], room: Room, say: Say, *, signal: bool
) -> tuple[Text, tuple[slice, slice]]:
    """Show the windows of channels beside each other where they fit; return which part of them is shown."""
    _, rows, columns = trace.window.shape
    down = middle(rows, room.rows if len(named) == 1 else min(room.rows, MOST_ROWS_OF_ALL))

    def blocks(across: slice, digits: int, _beside: bool) -> list[Text]:
        place, made = (down, across), []
        for channel, name in named:
            texts = [
                [" " if np.isnan(value) else number(value, digits) for value in row]
                for row in trace.window[channel][place].tolist()
            ]
            window = places(trace, np.array(texts), place, chosen=trace.chosen[channel], signal=signal)
            made.append(Text(f"{name or say('window')}\n").append_text(window))
        return made

    shown, across = fitted(columns, room.width, blocks)
    seen = (down.stop - down.start, across.stop - across.start)
    return partly(shown, seen, (rows, columns), say), (down, across)


def _legend(found: Pooled, spec: PoolSpec, room: Room, say: Say, *, starred: bool) -> Iterator[Text]:
    """Say what star, brackets and dash stand for."""
    trace = found.trace
    if starred:
        words = {
            PoolMode.MAX: "* is the largest value",
            PoolMode.MIN: "* is the smallest value",
            PoolMode.MEDIAN: "* is in the middle of the sorted values",
        }
        yield marked(say(words[spec.mode]), CHOSEN, 1)
    padded = trace.padded & ~trace.beyond
    if padded.any() and spec.pad is not None:
        yield sources(trace, spec, room, say, signal=found.image.signal)
    elif padded.any():
        neutral = "[ ] is neutral padding, which takes no part: it never wins"
        counted = trace.counted[padded].any()
        yield marked(say("[ ] is padding, which counts as 0" if counted else neutral), PADDING, 3)
    if trace.beyond.any():
        yield Text(say("- is beyond the padding, where nothing is read: --ceil lets windows reach it"))
