"""The options of `learn`, which are also the fields of its spec: pictures, model, data and descent."""

from functools import partial
from typing import Annotated, Any, Literal

import typer

from convcli.choices import MAX_PIXELS, FitMethod, Init, Layout, Loss, PadMode
from convcli.errors import UsageError
from convcli.limits import BATCH, STEPS
from convcli.options import completion, shared_options
from convcli.options.option_groups import Options
from convcli.options.shared_options import (
    INTEGER,
    NUMBER,
    JobsOption,
    advanced_option,
    any_of,
    choice_of,
    essential_option,
    output_option,
    window_option,
)
from convcli.options.typer_parsers import verbatim
from convcli.options.window_options import PadValueOption, StrideOption
from convcli.parsing import at_least, parse_number, parse_pair

__all__ = ["KernelFile", "LearnSpec", "Pairs", "Reading"]

AUTO: Literal["auto"] = "auto"

_data = partial(typer.Option, rich_help_panel="Pictures")
_descent = partial(typer.Option, rich_help_panel="Descent")


def read_size(text: str) -> tuple[int, int] | Literal["auto"]:
    """Read ``N``, ``RxC`` or ``auto``."""
    return AUTO if text.strip().lower() == AUTO else parse_pair(text, "size")


def read_border(text: str) -> PadMode | Literal["auto"]:
    """Read a padding mode, or ``auto``."""
    if text.strip().lower() == AUTO:
        return AUTO
    try:
        return PadMode.parse(text)
    except UsageError as error:
        error.hint += f", {AUTO}" if error.hint.startswith("choose from") else ""
        raise


class Pairs(Options):
    """The pictures before and after."""

    files: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT TARGET",
            parser=verbatim,
            show_default=False,
            help="Pairs of pictures or arrays, before and after. As many pairs as there are; arrays as .npy "
            ".npz .csv .tsv .json. One of them may be -, stdin.",
        ),
    ]


class LearnSpec(Options):
    """How a kernel is fitted: its size and padding, the samples, the loss and the descent."""

    size: Annotated[
        tuple[int, int] | Literal["auto"],
        essential_option(
            "--size",
            metavar="SIZE",
            parser=read_size,
            show_default="auto",
            autocompletion=completion.words(AUTO),
            help="Kernel size: N, RxC or auto. auto grows it until the residual stops falling.",
        ),
    ] = AUTO
    pad: Annotated[
        PadMode | Literal["auto"],
        essential_option(
            "-p",
            "--pad",
            metavar="MODE|auto",
            parser=read_border,
            autocompletion=lambda incomplete: (
                completion.words(AUTO)(incomplete) + completion.pads(incomplete)
            ),
            help="The padding that made the targets, as for filter. valid where they are smaller; auto finds "
            "it: the mode of the smallest residual in the border band.",
        ),
    ] = AUTO
    pad_value: PadValueOption = None
    stride: StrideOption = (1, 1)
    convolve: Annotated[
        bool,
        window_option("--convolve", help="Fit a true convolution, rotated by 180 degrees."),
    ] = False
    bias: Annotated[bool, window_option("--bias/--no-bias", help="Fit a bias too.")] = True
    l2: Annotated[
        float,
        window_option(
            "--l2",
            **NUMBER,
            help="Ridge: add V times the sum of squared weights to the loss. The bias is free.",
        ),
    ] = 0.0
    per_channel: Annotated[
        bool, window_option("--per-channel", help="A kernel for each channel, not one for all.")
    ] = False

    gray: Annotated[
        bool,
        _data("--gray", envvar="CONVCLI_GRAY", help="Convert all pictures to grey first. Rec. 601 luma."),
    ] = False
    keep_saturated: Annotated[
        bool,
        _data(
            "--keep-saturated",
            help="Fit black and white values too. Those of 8-bit and 16-bit targets are left out because "
            "they may have been cut.",
        ),
    ] = False
    holdout: Annotated[
        float,
        _data(
            "--holdout",
            metavar="SHARE",
            parser=parse_number,
            help="Share of the values that is not fitted. It is drawn at random; its error is reported.",
        ),
    ] = 0.0
    seed: Annotated[int, advanced_option("--seed", **INTEGER, help="Seed of all random draws.")] = 0

    method: Annotated[
        FitMethod,
        _descent(
            "--method",
            **choice_of(FitMethod),
            help=f"How to fit: {any_of(FitMethod)}. The normal equations, solved; gradient descent; Adam.",
        ),
    ] = FitMethod.LSTSQ
    loss: Annotated[
        Loss, _descent("--loss", **choice_of(Loss), help="Of squared residuals: mean or sum.")
    ] = Loss.MEAN
    steps: Annotated[
        int | None, _descent("--steps", **INTEGER, show_default="1000", help="Number of steps of descent.")
    ] = None
    lr: Annotated[
        float | None,
        _descent("--lr", **NUMBER, show_default="one that converges", help="Learning rate."),
    ] = None
    batch: Annotated[
        int | None,
        advanced_option("--batch", **INTEGER, show_default="all", help="Values drawn for each step."),
    ] = None
    init: Annotated[
        Init | None,
        advanced_option(
            "--init",
            **choice_of(Init),
            show_default="zero",
            help=f"Weights before the first step: {any_of(Init)}. normal is drawn with deviation 1.",
        ),
    ] = None
    show_steps: Annotated[
        int | None,
        _descent(
            "--show-steps",
            **INTEGER,
            show_default="never",
            help="Print the loss every N steps. As 'Step 5, loss 4.316': that before the step's update.",
        ),
    ] = None
    jobs: JobsOption = None

    def fit_options(self) -> dict[str, Any]:
        """Return the options that are given as arguments of ``fit_kernel``."""
        own = ("size", "gray", "keep_saturated", "show_steps")
        return {name: value for name, value in vars(self).items() if value is not None and name not in own}

    def check(self) -> None:
        """Refuse options that contradict each other, or have no effect."""
        if self.pad_value is not None and self.pad is not PadMode.CONSTANT:
            raise UsageError(
                f"--pad-value {self.pad_value:g} has no effect with --pad {self.pad}",
                hint="use --pad constant, or leave --pad-value out",
            )
        for name in ("steps", "lr", "batch", "init", "show_steps"):
            if (value := getattr(self, name)) is not None and self.method is FitMethod.LSTSQ:
                option = f"--{name.replace('_', '-')}"
                raise UsageError(
                    f"{option} {value} has no effect with --method lstsq, which takes no steps",
                    hint="use --method gd or --method adam",
                )
        at_least(1, steps=self.steps, batch=self.batch, show_steps=self.show_steps)
        STEPS.check(self.steps or 0, "use a smaller number", what="--steps")
        BATCH.check(self.batch or 0, "use a smaller number", what="--batch")
        if self.lr is not None and not self.lr > 0:
            raise UsageError(f"--lr {self.lr:g} is not positive", hint="leave it out for one that converges")
        at_least(0, l2=self.l2, seed=self.seed)
        if not 0 <= self.holdout < 1:
            raise UsageError(
                f"--holdout {self.holdout:g} is not a share", hint="use 0 to below 1, such as 0.1"
            )


class KernelFile(Options):
    """Where and in which format the kernel is written."""

    output: Annotated[
        str | None,
        output_option("The kernel, to be used with -k FILE; - is stdout. Without it nothing is written."),
    ] = None
    format: shared_options.KernelFormatOption = None
    force: shared_options.ForceOption = False


class Reading(Options):
    """How pictures are read."""

    frame: shared_options.FrameOption = None
    max_pixels: shared_options.MaxPixelsOption = MAX_PIXELS
    layout: shared_options.LayoutOption = Layout.HWC
