"""``convcli compare``: the errors that each padding mode makes at the border."""

from functools import partial
from typing import Annotated

import typer

from convcli.commands.compare.spec import CompareSpec
from convcli.errors import UsageError
from convcli.options import shared_options
from convcli.options.option_groups import Options, with_options
from convcli.options.specs import ReadSpec
from convcli.options.typer_parsers import Command, verbatim
from convcli.options.window_options import DilationOption, StrideOption
from convcli.parsing import number, whole
from convcli.pipeline import messages

__all__ = ["register"]

_window = partial(typer.Option, rich_help_panel="Window")
_compare = partial(typer.Option, rich_help_panel="Comparison")
_file = partial(typer.Option, rich_help_panel="Files")


def _place(text: str) -> tuple[int, int]:
    """Read ``ROW,COLUMN``."""
    words = text.split(",")
    if len(words) != 2:
        raise UsageError(f"{text!r} is not ROW,COLUMN", hint="write two whole numbers, such as 32,40")
    return whole(words[0]), whole(words[1])


class SubjectOptions(Options):
    """The kernel or stack whose paddings are compared."""

    kernel: Annotated[
        str | None,
        _window(
            "-k",
            "--kernel",
            metavar="SPEC",
            parser=verbatim,
            autocompletion=shared_options.completion.kernels,
            help="A name (gaussian:sigma=4 ...: see convcli kernels), a matrix, a file, or - for stdin.",
        ),
    ] = None
    stack: Annotated[
        str | None,
        _window(
            "--stack",
            metavar="STACK.toml",
            parser=verbatim,
            help="Every convolution of a stack (see docs/stacks.md) instead of one kernel.",
        ),
    ] = None
    layers: Annotated[
        int,
        _window("--layers", metavar="N", parser=whole, help="Apply the kernel N times, one after the other."),
    ] = 1
    pad_value: Annotated[
        float,
        _window(
            "--pad-value",
            metavar="V",
            parser=number,
            help="Value of constant padding, in the units of the first layer's input.",
        ),
    ] = 0.0


class ExperimentOptions(Options):
    """The truth beyond the edges that padding is measured against, and other experiments."""

    crop: Annotated[
        int | None,
        _compare(
            "--crop",
            metavar="N",
            parser=whole,
            help="Cut N pixels off each side: they are the truth that padding is measured against.",
        ),
    ] = None
    truth: Annotated[
        str | None,
        _compare(
            "--truth", metavar="LARGER", parser=verbatim, help="The larger picture that INPUT is cut from."
        ),
    ] = None
    offset: Annotated[
        tuple[int, int] | None,
        _compare(
            "--offset",
            metavar="ROW,COLUMN",
            parser=_place,
            show_default="where it is found",
            help="Row and column of INPUT's first pixel in --truth.",
        ),
    ] = None
    bias_map: Annotated[
        bool,
        _compare(
            "--bias-map",
            help="Filter random pictures of INPUT's size instead: is mean or deviation biased by position?",
        ),
    ] = False
    samples: Annotated[
        int | None,
        _compare(
            "--samples", metavar="N", parser=whole, show_default="400", help="Number of random pictures."
        ),
    ] = None
    seed: Annotated[
        int | None,
        _compare("--seed", metavar="N", parser=whole, show_default="0", help="Seed of the random pictures."),
    ] = None
    shift: Annotated[
        tuple[int, int] | None,
        _compare(
            "--shift",
            metavar="ROWS,COLUMNS",
            parser=_place,
            help="Test shift equivariance instead, inside and at the border, for a shift of so much.",
        ),
    ] = None


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("compare", cls=Command)(with_options(compare_paddings))


def compare_paddings(
    files: shared_options.InputOptions,
    subject: SubjectOptions,
    experiment: ExperimentOptions,
    reading: ReadSpec,
    printing: shared_options.PrintOptions,
    stride: StrideOption = (1, 1),
    dilation: DilationOption = (1, 1),
    bias: shared_options.BiasOption = 0.0,
    convolve: shared_options.ConvolveOption = False,
    normalize: shared_options.NormalizeOption = False,
    gray: shared_options.GrayOption = False,
    output_file: Annotated[
        str | None,
        _file(
            "-o",
            "--output",
            metavar="FILE",
            parser=verbatim,
            help="Write a labelled picture: results, amplified differences, corners, figures; - is stdout.",
        ),
    ] = None,
    html: Annotated[
        str | None,
        _file(
            "--html",
            metavar="FILE.html",
            parser=verbatim,
            help="Write one self-contained, interactive page: modes, layers, a slider, values.",
        ),
    ] = None,
    jobs: shared_options.JobsOption = None,
) -> None:
    """Measure what each padding does to the border: errors, depth, bias, and which mode is best."""
    spec = CompareSpec(
        **vars(subject),
        **vars(experiment),
        stride=stride,
        dilation=dilation,
        bias=bias,
        convolve=convolve,
        normalize=normalize,
        gray=gray,
        jobs=jobs,
    )
    from convcli.commands.compare.workflow import compare_files  # here, as NumPy comes with it

    batch = compare_files(
        files.inputs, spec, reading, output=output_file, html=html, summary=not printing.json
    )
    messages.deliver(batch, printing)
