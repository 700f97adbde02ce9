"""The options of `explain`: what is explained, which pixel of it, and as what: text, page or animation."""

import os
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from convcli.choices import PadMode, PoolMode
from convcli.errors import UsageError
from convcli.options import completion, shared_options
from convcli.options.option_groups import Options
from convcli.options.shared_options import (
    INTEGER,
    any_of,
    essential_option,
    html_option,
    stack_option,
    window_option,
)
from convcli.options.specs import FilterSpec, PoolSpec
from convcli.options.typer_parsers import output_path
from convcli.options.window_options import (
    CeilOfPoolOption,
    CountOfPoolOption,
    DilationOption,
    EitherPaddingOption,
    EitherPadOption,
    EitherStrideOption,
    NormOfPoolOption,
    PadValueOption,
    PoolWindow,
    SizeOfPoolOption,
    SlidingWindow,
)
from convcli.parsing import position

__all__ = ["ExplainSpec"]


class ExplainSpec(Options):
    """Which output pixel of a kernel, of pooling or of a stack is explained, and in which form."""

    at: Annotated[
        tuple[int, int] | None,
        essential_option(
            "--at",
            metavar="R,C|T",
            parser=position,
            show_default=False,
            help="The output pixel; the first is 0,0, and -1,-1 the last. T is a position along a signal.",
        ),
    ] = None
    pool: Annotated[
        PoolMode | None,
        essential_option(
            "--pool",
            metavar="MODE",
            parser=PoolMode.parse,
            autocompletion=completion.words(*PoolMode, "l2"),
            show_default=False,
            help=f"Explain pooling: {any_of(PoolMode)}. This is instead of a kernel.",
        ),
    ] = None
    stack: Annotated[
        str | None,
        stack_option("Explain a stack (.toml), layer by layer. This is instead of a kernel."),
    ] = None
    html: Annotated[
        str | None,
        html_option("Write one interactive page instead; - is stdout. It is self-contained."),
    ] = None
    animate: Annotated[
        str | None,
        essential_option(
            "--animate",
            metavar="FILE",
            parser=output_path,
            help="Animation: .gif, .webp or .apng; - plays it until q. The window slides from --at on, or "
            "all over a large picture; - is the terminal, in a pipe a GIF.",
        ),
    ] = None
    size: SizeOfPoolOption = None
    norm: NormOfPoolOption = None
    pad: EitherPadOption = None
    pad_value: PadValueOption = None
    padding: EitherPaddingOption = None
    stride: EitherStrideOption = None
    dilation: DilationOption = (1, 1)
    ceil: CeilOfPoolOption = False
    count_include_pad: CountOfPoolOption = True
    channel: Annotated[
        int | None,
        window_option(
            "--channel",
            **INTEGER,
            show_default="all",
            help="Only this channel; the first is 0. The JSON report has all.",
        ),
    ] = None
    map: Annotated[
        int | None,
        window_option(
            "--map", **INTEGER, show_default="all", help="Only this map or component. The first is 0."
        ),
    ] = None
    lang: shared_options.LangOption = None

    def check(self) -> None:
        """Refuse options that contradict each other, or have no effect."""
        for option, other in (("--html", self.html), ("--stack", self.stack)):
            if self.animate is not None and other is not None:
                raise UsageError(f"--animate and {option} exclude each other", hint="leave one of them out")
        padless = {"--no-count-include-pad": not self.count_include_pad}
        if self.pool is None:
            given = {"--size": self.size, "--norm": self.norm, "--ceil": self.ceil, **padless}
            _refuse(given, "without --pool", "add --pool max, or another mode")
            return
        if self.pool is not PoolMode.LP:
            _refuse({f"--norm {self.norm or 0:g}": self.norm}, f"with --pool {self.pool}", "use --pool lp")
        if self.pool is not PoolMode.AVG:
            _refuse(padless, f"with --pool {self.pool}", "use --pool avg")
        _refuse({"--map": self.map is not None}, "with --pool", "each picture has one map: leave it out")

    def subject(self, of_kernels: Mapping[str, Any], **pixels: Any) -> FilterSpec | PoolSpec:
        """Return what is explained: pooling, or a kernel with its options; results become `pixels`."""
        if self.pool is not None:
            return self.pooling(**pixels)
        return FilterSpec(**vars(self.sliding()), **of_kernels, **pixels)

    def check_subject(self, kernels: Sequence[str], of_kernels: Mapping[str, object]) -> None:
        """Refuse all but one of a kernel, pooling or a stack, and options of kernels that have no effect."""
        subjects = {"--kernel": kernels, "--pool": self.pool, "--stack": self.stack}
        named = [option for option, given in subjects.items() if given]
        if not named:
            raise UsageError(
                "--kernel is missing",
                hint="add -k SPEC, --pool MODE or --stack FILE; see convcli explain --help",
            )
        if len(named) > 1:
            raise UsageError(
                f"{named[0]} and {named[1]} exclude each other", hint="explain one of them at a time"
            )
        if len(kernels) > 1:
            raise UsageError(f"--kernel is given {len(kernels)} times", hint="explain one kernel at a time")
        if kernels:
            return
        only_kernels = {f"--{option}": given for option, given in of_kernels.items()}
        _refuse(only_kernels, f"with {named[0]}", "leave it out: it is for kernels")
        if self.stack is not None:
            sliding = {
                "--pad": self.pad,
                "--pad-value": self.pad_value is not None,
                "--padding": self.padding,
                "--stride": self.stride,
                "--dilation": self.dilation != (1, 1),
            }
            _refuse(sliding, "with --stack", "leave it out: the layers of the stack say it")

    def sliding(self) -> SlidingWindow:
        """Return how a kernel slides: what is not given is as for `filter`."""
        variable = os.environ.get("CONVCLI_PAD") if self.pad is self.stack is None else None
        try:
            return SlidingWindow(
                **_given(pad=PadMode.parse(variable) if variable else self.pad),
                **_given(padding=self.padding, stride=self.stride),
                pad_value=self.pad_value,
                dilation=self.dilation,
            )
        except UsageError as error:
            error.hint += " (CONVCLI_PAD is set)" if variable else ""
            raise

    def pooling(self, **pixels: Any) -> PoolSpec:
        """Return how windows are pooled, and how the results become `pixels`; as for `pool`."""
        window = PoolWindow(
            **_given(mode=self.pool, size=self.size, padding=self.padding),
            norm=self.norm,
            stride=self.stride,
            pad=self.pad,
            pad_value=self.pad_value,
            dilation=self.dilation,
            ceil=self.ceil,
            count_include_pad=self.count_include_pad,
        )
        return PoolSpec(**vars(window), **pixels)


def _refuse(options: Mapping[str, object], when: str, hint: str) -> None:
    """Refuse the first option that is given although it has no effect."""
    for option, given in options.items():
        if given:
            raise UsageError(f"{option} has no effect {when}", hint=hint)


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
