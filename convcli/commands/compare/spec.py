"""The options of `compare`, which are also the fields of its spec."""

from functools import partial
from itertools import chain
from typing import Annotated

import typer

from convcli.choices import PadMode
from convcli.engine.window import Window
from convcli.errors import UsageError
from convcli.limits import COMPARED_LAYERS, SAMPLES
from convcli.options import completion
from convcli.options.option_groups import Options
from convcli.options.pixel_options import GrayOption
from convcli.options.shared_options import (
    INTEGER,
    NUMBER,
    BiasOption,
    ConvolveOption,
    JobsOption,
    NormalizeOption,
    advanced_option,
    essential_option,
    stack_option,
    window_option,
)
from convcli.options.typer_parsers import verbatim
from convcli.options.window_options import DilationOption, StrideOption
from convcli.parsing import at_least, place

__all__ = ["CompareSpec"]

_compare = partial(typer.Option, rich_help_panel="Comparison")


class CompareSpec(Options):
    """The kernel or stack whose paddings are compared, and the truth that they are measured against."""

    kernel: Annotated[
        str | None,
        essential_option(
            "-k",
            "--kernel",
            metavar="SPEC",
            parser=verbatim,
            autocompletion=completion.kernels,
            help="A name (see convcli kernels), a matrix, a file, or - for stdin.",
        ),
    ] = None
    stack: Annotated[
        str | None,
        stack_option(
            "A stack (.toml) instead of one kernel. All of its convolutions are padded: docs/stacks.md."
        ),
    ] = None
    layers: Annotated[int, window_option("--layers", **INTEGER, help="Apply the kernel N times.")] = 1
    pad_value: Annotated[
        float,
        window_option(
            "--pad-value",
            **NUMBER,
            help="Value of constant padding; 0 is the same as zero. It is in the units of "
            "the first layer's input.",
        ),
    ] = 0.0
    pads: Annotated[
        list[tuple[PadMode, ...]],
        essential_option(
            "-p",
            "--pad",
            metavar="MODE,...",
            parser=PadMode.parse_several,
            autocompletion=completion.several_pads,
            show_default="all",
            help="Padding modes to compare, such as zero,reflect. It may be repeated; scipy:reflect ... mean "
            "what that tool means.",
        ),
    ] = []  # noqa: RUF012 -- records are frozen, and with None Typer leaves out the parser
    crop: Annotated[
        int | None,
        essential_option(
            "--crop",
            **INTEGER,
            help="Cut N pixels off each side as the truth. Padding is measured against them.",
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
            metavar="R,C",
            parser=place,
            show_default="where it is found",
            help="INPUT's first pixel in --truth.",
        ),
    ] = None
    bias_map: Annotated[
        bool,
        _compare(
            "--bias-map",
            help="Measure how mean and deviation depend on position. Random pictures of INPUT's size are "
            "filtered.",
        ),
    ] = False
    samples: Annotated[
        int | None,
        advanced_option("--samples", **INTEGER, show_default="400", help="Number of random pictures."),
    ] = None
    seed: Annotated[
        int | None,
        advanced_option("--seed", **INTEGER, show_default="0", help="Seed of the random pictures."),
    ] = None
    shift: Annotated[
        tuple[int, int] | None,
        _compare(
            "--shift",
            metavar="R,C",
            parser=place,
            help="Test shift equivariance instead. Inside and at the border, by R,C pixels.",
        ),
    ] = None
    stride: StrideOption = (1, 1)
    dilation: DilationOption = (1, 1)
    bias: BiasOption = 0.0
    convolve: ConvolveOption = False
    normalize: NormalizeOption = False
    gray: GrayOption = False
    jobs: JobsOption = None

    @property
    def modes(self) -> tuple[PadMode, ...]:
        """The modes to compare: those chosen, or all that differ from each other."""
        chosen = tuple(dict.fromkeys(chain.from_iterable(self.pads)))
        left_out = [] if self.pad_value else [PadMode.CONSTANT]
        left_out += [PadMode.VALID] if self.bias_map or self.shift is not None else []
        return chosen or tuple(pad for pad in PadMode if pad not in left_out)

    def window(self, kernel_shape: tuple[int, ...]) -> Window:
        """Return the window of a kernel (its last two axes are rows and columns), padded to ``same``."""
        size = kernel_shape[-2], kernel_shape[-1]
        return Window.of(size, self.stride, "same", self.dilation, PadMode.ZERO)

    def check(self) -> None:
        """Refuse options that contradict each other, or have no effect."""
        if (self.kernel is None) == (self.stack is None):
            raise UsageError(
                "--kernel and --stack exclude each other"
                if self.kernel
                else "there is nothing to compare with",
                hint="give --kernel SPEC or --stack STACK.toml",
            )
        at_least(1, layers=self.layers, crop=self.crop)
        COMPARED_LAYERS.check(
            self.layers, "use fewer: the border band covers the picture soon", what="--layers"
        )
        SAMPLES.check(self.samples or 0, "use fewer: 400 are the default", what="--samples")
        at_least(2, samples=self.samples)
        at_least(0, seed=self.seed)
        _no_effect(self)


def _no_effect(spec: CompareSpec) -> None:
    """Refuse options that would be ignored."""
    truth = (spec.crop is not None, spec.truth is not None)
    trial = "--bias-map" if spec.bias_map else "--shift" if spec.shift is not None else ""
    if spec.pad_value and PadMode.CONSTANT not in spec.modes:
        raise UsageError(
            f"--pad-value {spec.pad_value:g} has no effect with --pad {','.join(spec.modes)}",
            hint="add constant to --pad, or leave --pad-value out",
        )
    if PadMode.VALID in spec.modes and (trial or len(spec.modes) == 1):
        raise UsageError(
            f"--pad valid pads nothing: there is nothing to compare{trial and f' with {trial}'}",
            hint="choose modes that pad",
        )
    of_kernel = {
        "layers": spec.layers != 1,
        "stride": spec.stride != (1, 1),
        "dilation": spec.dilation != (1, 1),
        "bias": spec.bias != 0,
        "convolve": spec.convolve,
        "normalize": spec.normalize,
    }
    wrong = next((name for name, given in of_kernel.items() if given and spec.stack is not None), None)
    if wrong is not None:
        raise UsageError(
            f"--{wrong} has no effect with --stack, whose layers have their own", hint="change the stack file"
        )
    if all(truth):
        raise UsageError("--crop and --truth exclude each other", hint="give one of them")
    if spec.offset is not None and spec.truth is None:
        raise UsageError("--offset has no effect without --truth", hint="add --truth LARGER")
    if spec.bias_map and spec.shift is not None:
        raise UsageError("--bias-map and --shift exclude each other", hint="run one after the other")
    if trial and any(truth):
        raise UsageError(
            f"--{'crop' if truth[0] else 'truth'} has no effect with {trial}, which needs no truth",
            hint="leave one of them out",
        )
    if not spec.bias_map and (spec.samples is not None or spec.seed is not None):
        name = "samples" if spec.samples is not None else "seed"
        raise UsageError(f"--{name} has no effect without --bias-map", hint="add --bias-map")
