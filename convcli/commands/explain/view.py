"""One output pixel of a kernel on the terminal: everything, or what two screens hold of many channels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from convcli.choices import PadMode
from convcli.commands.explain.blocks import (
    PADDING,
    Array,
    Room,
    fitted,
    marked,
    matrix,
    middle,
    partly,
    places,
    skipped,
)
from convcli.commands.explain.facts import WRITTEN_OUT, kernel_facts, results, stored, title, written_sum
from convcli.commands.explain.steps import Part, View, taken_from
from convcli.commands.explain.totals import channel_totals, farthest, map_totals, shown_columns
from convcli.display.language import Say
from convcli.display.terminal.cells import colour_system
from convcli.display.terminal.facts import indented, pairs
from convcli.display.words import number
from convcli.engine.analysis.pixel_trace import WindowTrace
from convcli.options.specs import FilterSpec, PoolSpec

__all__ = ["MOST_ROWS", "Explanation", "padding_note", "sources"]

# Lines that several channels and components may take: two screens of 24.
MOST_LINES = 48

# Rows of a kernel that are shown, the middle ones.
MOST_ROWS = 11


# Rows of matrices and of tables where one block of many is shown, from the most to the least.
FEWER_ROWS = (11, 7, 5, 3, 1)

# Up to as many rows, it is not said where padding was taken from.
FEW_ROWS = 5


@dataclass(frozen=True, eq=False)
class Explanation:
    """The report on one output pixel of the picture `name` as a renderable; `text` is the kernel's SPEC."""

    name: str
    text: str
    view: View

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        found, spec, say = self.view.found, self.view.spec, self.view.say
        first = title(found.image, self.name, found.parts[0].trace.at, say)
        head = (first, pairs(kernel_facts(found, self.text, spec, say)))
        for form in _forms(self.view, Room(options.max_width - 2, colour_system(console), MOST_ROWS)):
            whole, lines = list[RenderableType](), 0
            for item in chain(head, form):
                whole.append(item)
                lines += len(console.render_lines(item, options, pad=False))
                if lines > MOST_LINES:
                    break
            else:
                break
        yield from chain(whole, form)  # the last one is shown whole, however long


def _forms(view: View, room: Room) -> Iterator[Iterator[RenderableType]]:
    """Yield what is shown below the facts, from the most to the least: the first that fits is taken."""
    found = view.found
    combined = found.how is not None and len(found.parts) <= WRITTEN_OUT
    said = tuple(range(len(found.parts))) if combined else view.parts
    yield chain(_full(view, room), _results(view._replace(parts=said)))
    if len(view.channels) * len(view.parts) > 1:
        if len({part.trace.padded.shape for part in found.parts}) == 1:
            yield chain(_compact(view, room), _results(view._replace(parts=said)))
        for rows in FEWER_ROWS:
            yield _one_of_many(view, room._replace(rows=rows))


def _results(view: View) -> Iterator[RenderableType]:
    yield Text("")
    yield pairs(results(view))


def _full(view: View, room: Room) -> Iterator[RenderableType]:
    """Show all of each component over each channel."""
    before: tuple[int, ...] = ()
    for index in view.parts:
        part = view.found.parts[index]
        for channel in view.channels:
            rotated = view.spec.convolve and (channel == view.channels[0] or part.given.ndim == 3)
            yield from _block(view, room, part, channel, rotated=rotated)
            if part.trace.padded.any() and part.trace.padded.shape != before:
                yield from _padding(view, room, part)
            before = part.trace.padded.shape


def _block(view: View, room: Room, part: Part, channel: int, *, rotated: bool) -> Iterator[RenderableType]:
    """Show window, kernel and products of one channel, and their sum."""
    yield Text("")
    if title := view.say(", ").join(filter(None, (part.name, view.names[channel]))):
        yield Text(title, style="bold")
    if rotated:
        titles = (view.say("kernel as given"), view.say("rotated by 180 degrees"))
        planes = (_plane(part.given, channel), _plane(part.trace.kernel, channel))
        yield indented(_kernels(list(zip(titles, planes, strict=True)), room))
        yield Text("")
    yield indented(_arithmetic(view, room, [part], channel, view.say("window")))
    products, total = part.trace.products[channel], number(part.trace.channel_sums[channel])
    if products.size <= WRITTEN_OUT:
        yield indented(Text(f"{written_sum(products.ravel().tolist())} = {total}"))
    elif len(view.found.parts) * len(view.names) > 1:  # else the results below say it
        words = view.say("sum of the {count} products: {total}", count=products.size, total=total)
        yield indented(Text(words))


def _compact(view: View, room: Room) -> Iterator[RenderableType]:
    """Show each channel's window once, beside its products with all components, and their totals.

    Kernels that all channels share are shown once, others beside their channel.
    """
    parts = [view.found.parts[index] for index in view.parts]
    shared = parts[0].trace.kernel.ndim == 2
    if shared:
        yield Text("")
        kernels = [(_label(view, part), part.trace.kernel) for part in parts]
        if view.spec.convolve:
            turned = "{kernel}, rotated by 180 degrees"
            kernels = [(view.say(turned, kernel=label), kernel) for label, kernel in kernels]
        yield indented(_kernels(kernels, room))
    for of_row in [parts] if shared else [[part] for part in parts]:
        for channel in view.channels:
            name = view.names[channel] or _label(view, of_row[0])
            name = name if shared or not of_row[0].name else f"{of_row[0].name}{view.say(', ')}{name}"
            yield Text("")
            title = view.say("{channel}: window", channel=name)
            yield indented(_arithmetic(view, room, of_row, channel, title, compact=True))
    if parts[0].trace.padded.any():
        yield from _padding(view, room, parts[0])


def _one_of_many(view: View, room: Room) -> Iterator[RenderableType]:
    """Show the block whose total is the farthest from 0, and the totals of the others in tables."""
    found, say = view.found, view.say
    block = index, channel = farthest(view)
    part = found.parts[index]
    yield from _block(view, room, part, channel, rotated=False)
    if room.rows > FEW_ROWS and part.trace.padded.any():
        yield from _padding(view, room, part)
    choices = {"--map": view.parts, "--channel": view.channels}
    options = f" {say('or')} ".join(option for option, of_these in choices.items() if len(of_these) > 1)
    words = say("This total is the farthest from 0; {options} N shows another.", options=options)
    yield Text("")
    yield indented(Text(words, style="italic"))
    if len(view.channels) > 1:
        yield Text("")
        yield indented(channel_totals(view, block, room.rows, room.width))
    tabled = len(view.parts) > (1 if len(view.names) == 1 else len(shown_columns(view, index, room.width)))
    if tabled:
        yield Text("")
        yield indented(map_totals(view, block, room.rows))
    if tabled and found.how is None:  # the table has all but how the sample was made
        made = stored(found.values[index], found.samples, index, view.names, [channel], say)
        yield Text("")
        yield pairs([(say("stored"), f"{part.name}{say(': ')}{made}")])
    else:
        yield from _results(view._replace(channels=(channel,), parts=() if found.how else (index,)))


def _label(view: View, part: Part) -> str:
    return part.name or view.say("kernel")


def _plane(kernel: Array, channel: int) -> Array:
    return kernel if kernel.ndim == 2 else kernel[channel]


def _kernels(titled: Sequence[tuple[str, Array]], room: Room) -> Text:
    """Show kernels of one size beside each other, or one above the other."""
    rows, columns = titled[0][1].shape
    down = middle(rows, room.rows)

    def blocks(across: slice, digits: int, _beside: bool) -> list[Text]:
        return [
            Text(f"{title}\n").append_text(matrix(kernel, kernel, (down, across), digits, room))
            for title, kernel in titled
        ]

    return fitted(columns, room.width, blocks)[0]


def _arithmetic(
    view: View,
    room: Room,
    parts: Sequence[Part],
    channel: int,
    title: str,
    *,
    compact: bool = False,
) -> Text:
    """Show a window and its products with kernels beside each other, else above each other, as much as fits.

    In a `compact` form, which has totals, kernels stand beside products only where channels differ in them.
    """
    say, trace = view.say, parts[0].trace
    shared = compact and trace.kernel.ndim == 2
    window = trace.window[channel]
    down = middle(len(window), room.rows)
    gaps = skipped(trace.rows.places[down])

    def blocks(across: slice, digits: int, beside: bool) -> list[Text]:
        place = (down, across)
        texts = np.array([[number(value, digits) for value in row] for row in window[place].tolist()])
        apart, below = (gaps, "\n\n") if beside else ((), "\n")
        made = [Text(f"{title}\n").append_text(places(trace, texts, place))]
        for part in parts:
            kernel, products = _plane(part.trace.kernel, channel), part.trace.products[channel]
            if not shared:
                block = matrix(kernel, kernel, place, digits, room, apart)
                made.append(Text(f"{say('x kernel')}{below}").append_text(block))
            head = say("x {kernel} =", kernel=_label(view, part)) if shared else say("= products")
            block = matrix(products, products, place, digits, room, apart)
            made.append(Text(f"{head}{below}").append_text(block))
            if compact:
                made[-1].append(f"\n {say('sum')} {number(part.trace.channel_sums[channel])}")
        return made

    shown, across = fitted(window.shape[1], room.width, blocks)
    seen = (down.stop - down.start, across.stop - across.start)
    return partly(shown, seen, window.shape, say)


def _padding(view: View, room: Room, part: Part) -> Iterator[RenderableType]:
    yield Text("")
    yield indented(sources(part.trace, view.spec, room, view.say))


def padding_note(trace: WindowTrace, spec: FilterSpec | PoolSpec, taken: str, say: Say) -> Text:
    """Say that padding is a constant, or where it is `taken` from."""
    value = number((spec.pad_value if spec.pad is PadMode.CONSTANT else None) or 0.0)
    constant = say("[ ] is padding: {constant}", constant=say("the constant {value}", value=value))
    return marked(constant if trace.constant[trace.padded].all() else taken, PADDING, 3)


def sources(
    trace: WindowTrace, spec: FilterSpec | PoolSpec, room: Room, say: Say, *, signal: bool = False
) -> Text:
    """Say where padding was taken from, place by place unless all of it is the constant."""
    of_picture = "[ ] is padding; the row,column that it was taken from:"
    taken = say("[ ] is padding; the position that it was taken from:" if signal else of_picture)
    told = padding_note(trace, spec, taken, say)
    if trace.constant[trace.padded].all():
        return told
    first = 1 if signal else 0
    texts = np.array(
        [
            [
                "·" if not padded else "" if at is None else ",".join(map(str, at[first:]))
                for at, padded in zip(*row, strict=True)
            ]
            for row in zip(taken_from(trace), trace.padded.tolist(), strict=True)
        ]
    )
    down = middle(len(texts), room.rows)

    def blocks(across: slice, _digits: int, _beside: bool) -> list[Text]:
        return [places(trace, texts[down, across], (down, across), brackets=False, signal=signal)]

    told.append("\n")
    return told.append_text(fitted(texts.shape[1], room.width, blocks)[0])
