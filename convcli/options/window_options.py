"""The options of windows: of kernels that slide (`SlidingWindow`) and of pooling (`PoolWindow`)."""

from functools import partial
from typing import Annotated, Any

from convcli.choices import PadMode, PoolMode
from convcli.engine.window import NO_PADDING
from convcli.errors import UsageError
from convcli.options import completion
from convcli.options.option_groups import Options
from convcli.options.shared_options import NUMBER, any_of, essential_option, window_option
from convcli.parsing import Padding, as_padding, as_pair, parse_padding, parse_pair, power

__all__ = [
    "DilationOption",
    "PadValueOption",
    "PaddingOption",
    "PoolWindow",
    "SlidingWindow",
    "StrideOption",
    "pad_option",
    "padding_option",
    "pair_option",
]

pad_option = partial(
    essential_option, "-p", "--pad", metavar="MODE", parser=PadMode.parse, autocompletion=completion.pads
)
padding_option = partial(
    window_option,
    "--padding",
    metavar="SIZE",
    parser=parse_padding,
    autocompletion=completion.words("same", "full", "valid"),
)


def pair_option(option: Any, *names: str, default: str, help: str) -> Any:
    """Return an option that takes one number, or one for rows and one for columns."""
    parser = partial(parse_pair, what=names[-1].removeprefix("--"))
    return option(*names, metavar="N|RxC", parser=parser, show_default=default, help=help)


PadValueOption = Annotated[
    float | None,
    window_option(
        "--pad-value",
        **NUMBER,
        show_default="0",
        help="Value of --pad constant. It is in the picture's own units.",
    ),
]
PaddingOption = Annotated[
    Padding,
    padding_option(
        help="Each side: N, RxC, T,B,L,R, same or full. With same, an even kernel's extra pixel is at "
        "the bottom and right, as in PyTorch; SciPy and OpenCV put it at the top and left."
    ),
]
StrideOption = Annotated[
    tuple[int, int],
    pair_option(window_option, "-s", "--stride", default="1", help="Pixels from one window to the next."),
]
DilationOption = Annotated[
    tuple[int, int],
    pair_option(window_option, "-d", "--dilation", default="1", help="Pixels from one tap to the next."),
]


class SlidingWindow(Options):
    """How a kernel slides over the picture, and how the picture is padded."""

    pad: Annotated[
        PadMode,
        pad_option(
            envvar="CONVCLI_PAD",
            help=f"Padding mode: {any_of(PadMode)}; SciPy's reflect is our symmetric (scipy:reflect is "
            "known too). reflect does not repeat the edge pixel, symmetric does; valid pads nothing. SciPy's "
            "mirror is our reflect; scipy:reflect, opencv:reflect, imagemagick:mirror, torch:circular ... "
            "mean what that tool means.",
        ),
    ] = PadMode.REFLECT
    pad_value: PadValueOption = None
    padding: PaddingOption = "same"
    stride: StrideOption = (1, 1)
    dilation: DilationOption = (1, 1)

    def check(self) -> None:
        """Refuse options that contradict each other."""
        _check_padding(self)


class PoolWindow(Options):
    """Which windows are pooled, and how."""

    mode: Annotated[
        PoolMode,
        essential_option(
            "-m",
            "--mode",
            metavar="MODE",
            parser=PoolMode.parse,
            autocompletion=completion.words(*PoolMode, "l2"),
            help=f"{any_of(PoolMode)}. Lp pooling is the norm (sum |x|^P)^(1/P); l2 is lp with P = 2.",
        ),
    ] = PoolMode.MAX
    norm: Annotated[
        float | None,
        window_option(
            "--norm",
            metavar="P",
            parser=power,
            show_default="2",
            help="P of --mode lp: a number above 0, or inf.",
        ),
    ] = None
    size: Annotated[
        tuple[int, int],
        pair_option(essential_option, "--size", default="2", help="Rows and columns of the window."),
    ] = (2, 2)
    stride: Annotated[
        tuple[int, int] | None,
        pair_option(
            essential_option,
            "-s",
            "--stride",
            default="the size",
            help="Pixels from one window to the next.",
        ),
    ] = None
    pad: Annotated[
        PadMode | None,
        pad_option(
            show_default="neutral",
            help="Padding mode, as for filter, whose pixels count as the picture's do. Without it padding is "
            "neutral: it never wins max or min, is left out of medians, and adds 0 to sums.",
        ),
    ] = None
    pad_value: PadValueOption = None
    padding: Annotated[
        Padding, padding_option(show_default="0", help="Each side: N, RxC, T,B,L,R, same or full.")
    ] = (
        (0, 0),
        (0, 0),
    )
    dilation: DilationOption = (1, 1)
    ceil: Annotated[
        bool,
        window_option(
            "--ceil", help="Round output sizes up. The last windows may pass the bottom and right edges."
        ),
    ] = False
    count_include_pad: Annotated[
        bool,
        window_option(
            "--count-include-pad/--no-count-include-pad",
            help="Averages count neutral padding, as zeros.",
        ),
    ] = True
    whole: Annotated[
        bool,
        window_option("--global", help="One window as large as the picture. Each channel becomes one pixel."),
    ] = False

    def check(self) -> None:
        """Refuse options that contradict each other."""
        _check_padding(self)


def _check_padding(spec: SlidingWindow | PoolWindow) -> None:
    """Refuse padding that has no effect, and sizes that are not parsed."""
    as_pair(spec.dilation, "dilation")
    if as_padding(spec.padding) != spec.padding:
        raise UsageError(
            f"padding {spec.padding!r} is not parsed", hint="give ((top, bottom), (left, right))"
        )
    if spec.pad_value is not None and spec.pad is not PadMode.CONSTANT:
        without = "without --pad" if spec.pad is None else f"with --pad {spec.pad}"
        raise UsageError(
            f"--pad-value {spec.pad_value:g} has no effect {without}",
            hint="use --pad constant, or leave --pad-value out",
        )
    if spec.pad is PadMode.VALID and spec.padding not in ("same", "valid", NO_PADDING):
        raise UsageError(
            "--pad valid pads nothing, so --padding has no effect",
            hint="leave --padding out, or choose another --pad",
        )
