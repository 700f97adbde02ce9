"""One sample of a signal's result on the terminal: the kernel turned, moved to t, and the products summed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from convcli.commands.explain.blocks import PADDING, Array, partly
from convcli.commands.explain.facts import WRITTEN_OUT, kernel_facts, results, title, written_sum
from convcli.commands.explain.steps import Part, View
from convcli.commands.explain.view import padding_note
from convcli.display.language import Say
from convcli.display.terminal.facts import indented, pairs
from convcli.display.words import number
from convcli.engine.analysis.pixel_trace import PixelTrace
from convcli.engine.pad import CONSTANT
from convcli.options.specs import FilterSpec

__all__ = ["SignalExplanation"]

# Significant digits of the numbers under each other.
DIGITS = 4

# Positions that are shown on each side of the window, at most.
BESIDE = 8


@dataclass(frozen=True, eq=False)
class SignalExplanation:
    """The report on one sample of the result of the signal `name` as a renderable; `text` is the SPEC."""

    name: str
    text: str
    view: View

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        found, spec, say = self.view.found, self.view.spec, self.view.say
        yield title(found.image, self.name, found.parts[0].trace.at, say)
        yield pairs(kernel_facts(found, self.text, spec, say))
        signal = found.image.frames[0].pixels[0]
        for part in (found.parts[index] for index in self.view.parts):
            yield Text("")
            if part.name:
                yield Text(part.name, style="bold")
            for block in _steps(part, signal, spec, options.max_width - 2, say):
                yield indented(block)
        yield Text("")
        yield pairs(results(self.view))


class _Line(NamedTuple):
    """A line of a table, whose columns are positions: numbers (empty where none is) and which are padding."""

    label: str
    words: Sequence[str]
    padded: Sequence[bool] = ()


def _steps(part: Part, signal: Array, spec: FilterSpec, width: int, say: Say) -> Iterator[Text]:
    """Yield the kernel as given and turned, the products under the signal, and the sum."""
    trace, across, axis = part.trace, part.trace.columns, part.trace.columns.axis
    t = across.at * axis.stride
    if axis.stride > 1:
        yield Text(f"t = {across.at} x {axis.stride} = {t}")
    moved = np.arange(axis.size) * axis.dilation - axis.low  # tau - t of each tap
    if spec.convolve:
        yield from _kernel(say("kernel as given"), "g(tau)", -moved[::-1], part.given, width)
        yield from _kernel(say("kernel turned"), "g(-tau)", moved, trace.kernel, width)
        yield Text(say("turned kernel moved to t = {t}, under the signal", t=t))
    else:
        title = say("kernel as given, which correlation does not turn")
        yield from _kernel(title, "g(tau)", moved, part.given, width)
        yield Text(say("kernel moved to t = {t}, under the signal", t=t))
    g = f"g({t} - tau)" if spec.convolve else f"g(tau - {t})"
    yield _under_signal(trace, signal, g, width, say)
    if across.padding.any():
        taken = say("[ ] is padding, the sample of the signal whose position is below it")
        yield padding_note(trace, spec, taken, say)
    yield Text("")
    head = f"(f*g)({t}) = " if spec.convolve else f"y({across.at}) = "
    lines = _formula(trace, -moved if spec.convolve else moved, g, say)
    yield Text(head + f"\n{'= '.rjust(len(head))}".join(lines))


def _kernel(
    title: str, label: str, positions: NDArray[np.intp], weights: Array, width: int
) -> Iterator[Text]:
    """Yield a kernel under its positions, the middle of a long one."""
    heads = list(map(str, positions.tolist()))
    yield Text(title)
    yield _table([_Line("tau", heads), _Line(label, _words(weights))], len(heads) // 2, width)[0]
    yield Text("")


def _under_signal(trace: PixelTrace, signal: Array, g: str, width: int, say: Say) -> Text:
    """Return signal, kernel and products under the positions about the window, as many as fit."""
    across, places = trace.columns, trace.columns.places.tolist()
    first, last, middle = places[0], places[-1], places[len(places) // 2]
    start, end = min(first, max(0, first - BESIDE)), max(last, min(across.size - 1, last + BESIDE))
    positions = range(max(start, middle - width), min(end, middle + width) + 1)
    tap_at = {place: tap for tap, place in enumerate(places)}
    taps = [tap_at.get(place) for place in positions]

    def under(words: Sequence[str]) -> list[str]:
        return ["" if tap is None else words[tap] for tap in taps]

    samples = [
        number(float(signal[place]), DIGITS) if tap is None and 0 <= place < across.size else word
        for place, tap, word in zip(positions, taps, under(_words(trace.window)), strict=True)
    ]
    outside = across.padding.tolist()
    made_up = zip(across.shown.tolist(), outside, strict=True)
    taken = under([str(source) if padded and source != CONSTANT else "" for source, padded in made_up])
    lines = [
        _Line("tau", list(map(str, positions))),
        _Line("f(tau)", samples, [tap is not None and outside[tap] for tap in taps]),
        *([_Line(say("taken from"), taken)] if any(taken) else []),
        _Line(g, under(_words(trace.kernel))),
        _Line(say("product"), under(_words(trace.products))),
    ]
    table, shown = _table(lines, middle - positions[0], width)
    return partly(table, [sum(tap is not None for tap in taps[shown])], [len(places)], say)


def _table(lines: Sequence[_Line], centre: int, width: int) -> tuple[Text, slice]:
    """Write lines of numbers under each other, of long ones those about the index `centre`; say which."""
    labels = [f"{line.label}  " for line in lines]
    margin = max(map(cell_len, labels))
    brackets = any(any(line.padded) for line in lines)
    cell = max(len(word) for line in lines for word in line.words) + 1 + brackets
    count = len(lines[0].words)
    fits = max(1, min(count, (width - margin) // (cell + brackets)))
    start = max(0, min(count - fits, centre - fits // 2))
    shown = slice(start, start + fits)
    rows = []
    for label, line in zip(labels, lines, strict=True):
        row = Text(label + " " * (margin - cell_len(label)), end="")
        padded = line.padded or [False] * count
        for word, outside in zip(line.words[shown], padded[shown], strict=True):
            text = f"[{word}]".rjust(cell + brackets) if outside else f"{word.rjust(cell)}{' ' * brackets}"
            row.append(text, style=PADDING if outside else "")
        row.rstrip()
        rows.append(row)
    return Text("\n").join(rows), shown


def _words(values: Array) -> list[str]:
    return [number(value, DIGITS) for value in values.ravel().tolist()]


def _formula(trace: PixelTrace, indices: NDArray[np.intp], g: str, say: Say) -> Iterator[str]:
    """Yield the sum, then with the numbers of its places, of its factors and of its products filled in."""
    yield f"sum f(tau) {g}"
    total, products = number(trace.channel_sums[0]), trace.products.ravel().tolist()
    if len(products) > WRITTEN_OUT:
        yield say("sum of the {count} products: {total}", count=len(products), total=total)
        return
    places = zip(trace.columns.places.tolist(), indices.tolist(), strict=True)
    factors = zip(_words(trace.window), _words(trace.kernel), strict=True)
    yield " + ".join(f"f({tau}) g({index})" for tau, index in places)
    yield " + ".join(f"{_closed(f)} x {_closed(weight)}" for f, weight in factors)
    yield f"{written_sum(products)} = {total}"


def _closed(word: str) -> str:
    """Put a negative number in parentheses."""
    return f"({word})" if word.startswith("-") else word
