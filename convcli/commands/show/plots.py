"""Curves for ``convcli show --plot``: a signal, or a row of a picture, with kernels and results."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich.console import Group

from convcli.choices import STDOUT
from convcli.commands.show.maps import ShownMap
from convcli.display.drawn.curve_plots import draw_curves
from convcli.display.terminal.curves import Curve, aligned
from convcli.display.words import significant
from convcli.errors import GeometryError, OutputError
from convcli.imaging.formats import by_name, format_of
from convcli.imaging.writing.encode import encode_pixels
from convcli.open_files import is_stream
from convcli.options.specs import FilterSpec
from convcli.pipeline.batch import Outcome, Source
from convcli.pipeline.loaded_kernels import LoadedKernels
from convcli.pipeline.result_files import write_outputs

__all__ = ["curves", "plotted"]

# Lines of text of a kernel's curve: it has few values.
KERNEL_ROWS = 3


def curves(
    name: str,
    given: Sequence[ShownMap],
    slides: LoadedKernels,
    results: Sequence[ShownMap],
    spec: FilterSpec,
) -> list[Curve]:
    """Return the curves of the signal `name`, of each kernel of one row, and of each result.

    Maps of several rows are an error.
    """
    shape = next((one.shape for one in (*given, *results) if one.values.shape[0] > 1), None)
    if shape is not None:
        row = "choose one by --region, such as --region 0:1,:"
        hint = "write the column as one row: a signal is one" if shape[1] == 1 else row
        raise GeometryError(f"--plot draws one row, and {name!r} has {shape[0]}", hint=hint)
    signal = [_curve(f"signal {name}", one, 0) for one in given]
    return aligned([*signal, *_kernels(slides, spec), *(_curve("result", one, 2) for one in results)])


def _curve(what: str, one: ShownMap, kind: int) -> Curve:
    words = ", ".join((what, *one.words, *one.extent()[1:]))
    count = one.values.shape[1]
    facts = f"{words}: {count} sample{'s' if count > 1 else ''}, {one.range(4)}"
    mode = () if one.mode is None else (f"pad {one.mode}",)
    title = ", ".join((facts, *mode, *one.settings))
    return Curve(title=title, values=one.values[0], first=one.names[1], kind=kind)


def _kernels(slides: LoadedKernels, spec: FilterSpec) -> Iterator[Curve]:
    """Yield the components of one row, as they were given."""
    given = [found.rotated() if spec.convolve else found for found in slides.kernels]
    several = len(slides.names) != len(given)  # combined, or of several maps
    for found, text in zip(given, [one.name for one in given] if several else slides.names, strict=True):
        rows = [part for part in found.components if part.shape[:-1] == (1,)]
        for index, part in enumerate(rows):
            which = f", {index + 1} of {len(rows)}" if len(rows) > 1 else ""
            total = significant(float(part.sum()), 4)
            title = f"kernel {text!r}{which}: {part.size} weights, sum {total}"
            shown = Curve(title=title, values=part[0], axis="weight", kind=1, stems=True)
            yield replace(shown, rows=KERNEL_ROWS)


def plotted(source: Source, drawn: Sequence[Curve], output: str | None) -> Outcome:
    """Return the outcome: a file with a plot of each curve, or all of them for the terminal."""
    if output is None:
        return Outcome(input=source.path, drawing=Group(*drawn))
    format = by_name("png") if output == STDOUT or is_stream(output) else format_of(output)
    if format.numbers:
        raise OutputError(f"curves are not written as {format.name.upper()}", hint="name a .png")
    return write_outputs(source, [(output, encode_pixels(draw_curves(drawn, "value"), format))])
