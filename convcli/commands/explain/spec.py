"""The options of `explain`: what is explained, which pixel of it, and as what: text, page or animation."""

import os
from typing import Annotated, Any

from convcli.choices import PadMode, PoolMode
from convcli.errors import UsageError
from convcli.options import completion, shared_options
from convcli.options.option_groups import Options
from convcli.options.shared_options import INTEGER, any_of, essential_option, window_option
from convcli.options.specs import PoolSpec
from convcli.options.typer_parsers import output_path, verbatim
from convcli.options.window_options import (
    DilationOption,
    PadValueOption,
    PoolWindow,
    SlidingWindow,
    pad_option,
    padding_option,
    pair_option,
)
from convcli.parsing import Padding, place, power

__all__ = ["ExplainSpec"]


class ExplainSpec(Options):
    """Which output pixel of a kernel, of pooling or of a stack is explained, and in which form."""

    at: Annotated[
        tuple[int, int] | None,
        essential_option(
            "--at",
            metavar="R,C",
            parser=place,
            show_default=False,
            help="The output pixel; the first is 0,0, and -1,-1 the last.",
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
            help=f"Explain pooling instead of a kernel: {any_of(PoolMode)}.",
        ),
    ] = None
    stack: Annotated[
        str | None,
        essential_option(
            "--stack",
            metavar="FILE",
            parser=verbatim,
            show_default=False,
            help="Explain a stack (.toml), layer by layer, instead of one kernel.",
        ),
    ] = None
    html: Annotated[
        str | None,
        essential_option(
            "--html",
            metavar="FILE",
            parser=output_path,
            help="Write one interactive page instead; - is stdout. It is self-contained.",
        ),
    ] = None
    animate: Annotated[
        str | None,
        essential_option(
            "--animate",
            metavar="FILE",
            parser=output_path,
            help="Write a .gif, .webp or .apng of the window sliding; - plays in the terminal until q.",
        ),
    ] = None
    size: Annotated[
        tuple[int, int] | None,
        pair_option(window_option, "--size", default="2", help="Rows and columns of the window of --pool."),
    ] = None
    norm: Annotated[
        float | None,
        window_option(
            "--norm", metavar="P", parser=power, show_default="2", help="P of --pool lp: above 0, or inf."
        ),
    ] = None
    pad: Annotated[
        PadMode | None,
        pad_option(
            show_default="reflect; neutral for --pool",
            help=f"Padding mode: {any_of(PadMode)}. As for filter and pool.",
        ),
    ] = None
    pad_value: PadValueOption = None
    padding: Annotated[
        Padding | None,
        padding_option(show_default="same; 0 for --pool", help="Each side: N, RxC, T,B,L,R, same or full."),
    ] = None
    stride: Annotated[
        tuple[int, int] | None,
        pair_option(
            window_option,
            "-s",
            "--stride",
            default="1; the size for --pool",
            help="Pixels from one window to the next.",
        ),
    ] = None
    dilation: DilationOption = (1, 1)
    ceil: Annotated[bool, window_option("--ceil", help="Round output sizes of --pool up.")] = False
    count_include_pad: Annotated[
        bool,
        window_option(
            "--count-include-pad/--no-count-include-pad", help="Averages count neutral padding, as zeros."
        ),
    ] = True
    channel: Annotated[
        int | None,
        window_option(
            "--channel",
            **INTEGER,
            show_default="all",
            help="Only this channel of the window; the first is 0.",
        ),
    ] = None
    map: Annotated[
        int | None,
        window_option(
            "--map", **INTEGER, show_default="all", help="Only this map of several; the first is 0."
        ),
    ] = None
    lang: shared_options.LangOption = None

    def sliding(self) -> SlidingWindow:
        """Return how a kernel slides: what is not given is as for `filter`."""
        pad = self.pad
        if pad is None and os.environ.get("CONVCLI_PAD"):
            pad = PadMode.parse(os.environ["CONVCLI_PAD"])
        return SlidingWindow(
            **_given(pad=pad, padding=self.padding, stride=self.stride),
            pad_value=self.pad_value,
            dilation=self.dilation,
        )

    def pooling(self, **pixels: Any) -> PoolSpec:
        """Return how windows are pooled, and how the results become `pixels`; as for `pool`."""
        if self.pool is None:
            raise UsageError("--pool is missing", hint="add --pool max, or another mode")
        window = PoolWindow(
            mode=self.pool,
            norm=self.norm,
            **_given(size=self.size, padding=self.padding),
            stride=self.stride,
            pad=self.pad,
            pad_value=self.pad_value,
            dilation=self.dilation,
            ceil=self.ceil,
            count_include_pad=self.count_include_pad,
        )
        return PoolSpec(**vars(window), **pixels)


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
