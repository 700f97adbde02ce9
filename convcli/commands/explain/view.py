"""One output pixel of a kernel on the terminal: everything, or what two screens hold of many channels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import NamedTuple

import numpy as np
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from convcli.choices import PadMode
from convcli.commands.explain.blocks import (
    PADDING,
    Array,
    Room,
    fitted,
    matrix,
    middle,
    places,
    skipped,
)
from convcli.commands.explain.facts import WRITTEN_OUT, kernel_facts, results, stored, written_sum
from convcli.commands.explain.steps import Explained, Part, channel_names, taken_from
from convcli.commands.explain.totals import Shown, channel_totals, farthest, map_totals, shown_columns
from convcli.display.language import Say
from convcli.display.terminal.cells import colour_system
from convcli.display.terminal.facts import indented, pairs
from convcli.display.words import number, size
from convcli.engine.analysis.pixel_trace import WindowTrace
from convcli.options.specs import FilterSpec

__all__ = ["MOST_ROWS", "Explanation", "sources"]

# Lines that several channels and components may take: two screens of 24.
MOST_LINES = 48

# Rows of a kernel that are shown, the middle ones.
MOST_ROWS = 11


class Form(NamedTuple):
    """How much is shown of one block among many.

    Rows of its matrices, whether padding is said to come from somewhere, and rows of the tables of totals.
    """

    rows: int
    sources: bool
    table: int


# From the most to the least.
FORMS = (
    Form(MOST_ROWS, True, 12),
    Form(MOST_ROWS, True, 6),
    Form(7, True, 6),
    Form(5, False, 6),
    Form(3, False, 3),
)


@dataclass(frozen=True, eq=False)
class Explanation:
    """The report on one output pixel of the picture `name` as a Rich renderable.

    `text` is the kernel's SPEC; `shown` says which channels and components there are to see.
    """

    found: Explained
    name: str
    text: str
    spec: FilterSpec
    shown: Shown
    say: Say

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        system = colour_system(console)
        view = _View(self.found, self.spec, self.shown, channel_names(self.found.image, self.say), self.say)
        rows, columns = self.found.axes
        title = self.say(
            "{name}: output pixel ({row}, {column})", name=self.name, row=rows.at, column=columns.at
        )
        head: list[RenderableType] = [
            Text(title, style="bold"),
            pairs(kernel_facts(self.found, self.text, self.spec, self.say)),
        ]
        room = Room(options.max_width - 2, system, MOST_ROWS)
        for form in _forms(view, room):
            whole, lines = list[RenderableType](), 0
            for item in chain(head, form):
                whole.append(item)
                lines += len(console.render_lines(item, options, pad=False))
                if lines > MOST_LINES:
                    break
            else:
                break
        yield from chain(whole, form)  # the last one is shown whole, however long


class _View(NamedTuple):
    """All that a form shows."""

    found: Explained
    spec: FilterSpec
    shown: Shown
    names: Sequence[str]
    say: Say

    def results(self, channels: Sequence[int], parts: Sequence[int]) -> Iterator[RenderableType]:
        yield Text("")
        yield pairs(results(self.found, self.spec, self.names, channels, parts, self.say))


def _forms(view: _View, room: Room) -> Iterator[Iterator[RenderableType]]:
    """Yield what is shown below the facts, from the most to the least: the first that fits is taken."""
    channels, parts = view.shown
    combined = view.found.how is not None and len(view.found.parts) <= WRITTEN_OUT
    results = partial(view.results, channels, range(len(view.found.parts)) if combined else parts)
    yield chain(_full(view, room), results())
    if len(channels) * len(parts) > 1:
        if len({part.trace.padded.shape for part in view.found.parts}) == 1:
            yield chain(_compact(view, room), results())
        for form in FORMS:
            yield _one_of_many(view, room._replace(rows=form.rows), form)


def _full(view: _View, room: Room) -> Iterator[RenderableType]:
    """Show all of each component over each channel."""
    before: tuple[int, ...] = ()
    for index in view.shown.parts:
        part = view.found.parts[index]
        for channel in view.shown.channels:
            rotated = view.spec.convolve and (channel == view.shown.channels[0] or part.given.ndim == 3)
            yield from _block(view, room, part, channel, rotated=rotated)
            if part.trace.padded.any() and part.trace.padded.shape != before:
                yield from _padding(view, room, part)
            before = part.trace.padded.shape


def _block(view: _View, room: Room, part: Part, channel: int, *, rotated: bool) -> Iterator[RenderableType]:
    """Show window, kernel and products of one channel, and their sum."""
    yield Text("")
    if title := view.say(", ").join(filter(None, (part.name, view.names[channel]))):
        yield Text(title, style="bold")
    if rotated:
        planes = (_plane(part.given, channel), _plane(part.trace.kernel, channel))
        yield indented(_rotation(*planes, room, view.say))
        yield Text("")
    yield indented(_arithmetic(view, room, [part], channel, view.say("window")))
    products, total = part.trace.products[channel], number(part.trace.channel_sums[channel])
    if products.size <= WRITTEN_OUT:
        yield indented(Text(f"{written_sum(products.ravel().tolist())} = {total}"))
    elif len(view.found.parts) * len(view.names) > 1:  # else the results below say it
        words = view.say("sum of the {count} products: {total}", count=products.size, total=total)
        yield indented(Text(words))


def _compact(view: _View, room: Room) -> Iterator[RenderableType]:
    """Show each channel's window once, beside its products with all components, and their totals.

    Kernels that all channels share are shown once, others beside their channel.
    """
    parts = [view.found.parts[index] for index in view.shown.parts]
    shared = parts[0].trace.kernel.ndim == 2
    if shared:
        yield Text("")
        kernels = [(_label(view, part), part.trace.kernel) for part in parts]
        if view.spec.convolve:
            turned = "{kernel}, rotated by 180 degrees"
            kernels = [(view.say(turned, kernel=label), kernel) for label, kernel in kernels]
        yield indented(_kernels(kernels, room))
    for of_row in [parts] if shared else [[part] for part in parts]:
        for channel in view.shown.channels:
            name = view.names[channel] or _label(view, of_row[0])
            name = name if shared or not of_row[0].name else f"{of_row[0].name}{view.say(', ')}{name}"
            yield Text("")
            title = view.say("{channel}: window", channel=name)
            yield indented(_arithmetic(view, room, of_row, channel, title, shared=shared, totals=True))
    if parts[0].trace.padded.any():
        yield from _padding(view, room, parts[0])


def _one_of_many(view: _View, room: Room, form: Form) -> Iterator[RenderableType]:
    """Show the block whose total is the farthest from 0, and the totals of the others in tables."""
    found, shown, say = view.found, view.shown, view.say
    block = index, channel = farthest(found, shown)
    part = found.parts[index]
    yield from _block(view, room, part, channel, rotated=False)
    if form.sources and part.trace.padded.any():
        yield from _padding(view, room, part)
    choices = {"--map": shown.parts, "--channel": shown.channels}
    options = f" {say('or')} ".join(option for option, of_these in choices.items() if len(of_these) > 1)
    words = say("This total is the farthest from 0; {options} N shows another.", options=options)
    yield Text("")
    yield indented(Text(words, style="italic"))
    if len(shown.channels) > 1:
        yield Text("")
        yield indented(channel_totals(found, shown, block, view.names, form.table, room.width, say))
    of_maps = len(shown.parts) > len(shown_columns(found, shown, index, room.width)) or len(view.names) == 1
    if of_maps and len(shown.parts) > 1:
        yield Text("")
        yield indented(map_totals(found, shown, block, form.table, say))
    if found.how is None and of_maps:  # the table has all but how the sample was made
        made = stored(found.values[index], found.samples, index, view.names, [channel], say)
        yield Text("")
        yield pairs([(say("stored"), f"{part.name}{say(': ')}{made}")])
    else:
        yield from view.results([channel], [] if found.how is not None else [index])


def _label(view: _View, part: Part) -> str:
    return part.name or view.say("kernel")


def _plane(kernel: Array, channel: int) -> Array:
    return kernel if kernel.ndim == 2 else kernel[channel]


def _rotation(given: Array, turned: Array, room: Room, say: Say) -> Text:
    """Show the kernel as given beside itself turned, or one above the other."""
    return _kernels([(say("kernel as given"), given), (say("rotated by 180 degrees"), turned)], room)


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
    view: _View,
    room: Room,
    parts: Sequence[Part],
    channel: int,
    title: str,
    *,
    shared: bool = False,
    totals: bool = False,
) -> Text:
    """Show a window and its products with kernels beside each other, else one above the other.

    As much as fits; each kernel stands beside its products unless all channels have `shared` ones.
    """
    say, trace = view.say, parts[0].trace
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
            if totals:
                made[-1].append(f"\n {say('sum')} {number(part.trace.channel_sums[channel])}")
        return made

    shown, across = fitted(window.shape[1], room.width, blocks)
    seen = (down.stop - down.start, across.stop - across.start)
    if seen != window.shape:
        words = say(
            "shown: the middle {part} of {whole}; sums are over all of them",
            part=size(seen),
            whole=size(window.shape),
        )
        shown.append(f"\n{words}", style="italic")
    return shown


def _padding(view: _View, room: Room, part: Part) -> Iterator[RenderableType]:
    yield Text("")
    value = view.spec.pad_value if view.spec.pad is PadMode.CONSTANT else None
    constant = view.say("the constant {value}", value=number(value or 0.0))
    yield indented(sources(part.trace, constant, room, view.say))


def sources(trace: WindowTrace, constant: str, room: Room, say: Say) -> Text:
    """Say where padding was taken from, pixel by pixel unless all of it is the constant."""
    if trace.constant[trace.padded].all():
        marked = Text(say("[ ] is padding: {constant}", constant=constant))
        marked.stylize(PADDING, 0, 3)
        return marked
    marked = Text(say("[ ] is padding; the row,column that it was taken from:"))
    marked.stylize(PADDING, 0, 3)
    texts = np.array(
        [
            [
                "·" if not padded else "" if at is None else f"{at[0]},{at[1]}"
                for at, padded in zip(*row, strict=True)
            ]
            for row in zip(taken_from(trace), trace.padded.tolist(), strict=True)
        ]
    )
    down = middle(len(texts), room.rows)

    def blocks(across: slice, _digits: int, _beside: bool) -> list[Text]:
        return [places(trace, texts[down, across], (down, across), brackets=False)]

    marked.append("\n")
    return marked.append_text(fitted(texts.shape[1], room.width, blocks)[0])
