"""Tables for people: the catalogue of kernels and the sheet of one kernel."""

from collections.abc import Iterator

import numpy as np
from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from convcli.choices import Combine
from convcli.commands.kernels.response_view import Response
from convcli.display.terminal.cells import Array
from convcli.display.terminal.facts import indented, pairs
from convcli.display.terminal.heat import Heat
from convcli.display.words import printable, size
from convcli.kernels import library
from convcli.kernels.analysis import character, frequency_response, gain, joint_response, rank, symmetry
from convcli.kernels.kernel import Kernel
from convcli.kernels.spec import kernel

__all__ = ["RESPONSE_SIZE", "Catalogue", "sheet"]

# Width of a small picture in the catalogue, in columns of text.
PICTURE = 10

# Terminals of as many columns have room for two pictures of a kernel and its response.
ROOMY = 64

# Frequencies along each axis of a drawn response.
RESPONSE_SIZE = 24

# The same behind a small picture: means of 5 x 5 or 9 x 9 of them keep 0 in the middle.
SMALL_RESPONSE = 45


class Catalogue:
    """A Rich renderable of the library: name, picture, frequency response, what it does."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        roomy = options.max_width >= ROOMY
        abreast = 2 if roomy else 1
        table = Table(box=box.SIMPLE, pad_edge=False, leading=1)
        table.add_column("kernel", no_wrap=True, style="bold")
        table.add_column("picture", width=(PICTURE + 2) * abreast - 2, no_wrap=True)
        if roomy:
            table.add_column("response", width=PICTURE, no_wrap=True)
        table.add_column("what it does", ratio=1, overflow="fold")
        for name in library.names():
            found = kernel(name)
            strip = Table.grid(padding=(0, 2, 0, 0))
            strip.add_row(*(_small(_plane(part)) for part in found.components[:abreast]))
            response = list[Heat]()
            if roomy:
                joint = joint_response(found.components, found.combine, SMALL_RESPONSE)
                response.append(_small(joint, magnitudes=True))
            table.add_row(Text(name), strip, *response, _about(name, len(found.components) - abreast))
        yield table
        yield Text("Red is positive, blue negative. See one: convcli kernels show NAME", style="dim")
        foot = "Response: how strongly waves come through, slow ones in the middle, fine ones at the edges"
        yield Text(foot if roomy else "no room for: response", style="dim")


def _small(values: Array, *, magnitudes: bool = False) -> Heat:
    return Heat(values, magnitudes=magnitudes, max_width=PICTURE, max_height=PICTURE // 2)


def _about(name: str, more: int) -> Text:
    entry = library.entry(name)
    words = Text(entry.about)
    if others := library.synonyms(name):
        words.append(f"\nalso {', '.join(others)}", style="dim")
    if more > 0:
        words.append(f"; {more} more like these")
    if entry.parameters:
        parameters = (f"{one.name}={one.default}" if one.default else one.name for one in entry.parameters)
        words.append(f"\n{' '.join(parameters)}", style="dim")
    return words


@np.errstate(all="ignore")
def sheet(found: Kernel) -> Group:
    """Return everything that can be said about one kernel: facts, each component, the joint response."""
    return Group(*_sheet(found))


def _sheet(found: Kernel) -> Iterator[RenderableType]:
    yield Text(printable(found.name), style="bold")
    facts = [("source", printable(found.source))] if found.source else []
    if found.combine is not Combine.NONE:
        facts.append(("combined by", found.combine.value))
    if others := library.synonyms(found.name.partition(":")[0]):
        facts.append(("also", ", ".join(others)))
    yield pairs(facts)
    for index, (weights, bias) in enumerate(zip(found.components, found.bias, strict=True)):
        yield Text("")
        if len(found.components) > 1:
            yield Text(f"component {index}", style="bold")
        yield indented(Heat(_plane(weights), numbers=True, max_height=24))
        yield pairs(_facts(weights, bias))
        yield _response(np.abs(frequency_response(weights, RESPONSE_SIZE)))
    if found.combine not in (Combine.NONE, Combine.ORIENTATION):
        yield Text("\njoint response", style="bold")
        yield _response(joint_response(found.components, found.combine, RESPONSE_SIZE))


def _facts(weights: Array, bias: float) -> Iterator[tuple[str, str]]:
    height, width = weights.shape[-2:]
    terms = rank(weights)
    yield "size", size(weights.shape) + (" (channels first)" if weights.ndim == 3 else "")
    yield "sum", f"{weights.sum():.6g}, of absolutes {np.abs(weights).sum():.6g}"
    yield "gain", f"{gain(weights):.6g} on a flat picture"
    yield "rank", f"{terms}: {_separable(terms, height, width)}"
    yield "symmetry", str(symmetry(weights))
    yield "kind", character(weights).value
    if bias:
        yield "bias", f"{bias:.6g}"


def _separable(terms: int, height: int, width: int) -> str:
    if terms == 0:
        return "all weights are 0"
    if terms == 1 and min(height, width) > 1:
        return f"separable, {height} + {width} multiplies instead of {height * width}"
    return "not separable" if terms > 1 else "a single line"


def _plane(weights: Array) -> Array:
    """Return a kernel of several channels as one matrix, channels side by side."""
    return weights if weights.ndim == 2 else np.hstack(list(weights))


def _response(magnitudes: Array) -> Response:
    """Draw a response from -1/2 to 1/2 inclusive: both ends are one frequency."""
    return Response(np.pad(magnitudes, (0, 1), mode="wrap"))
