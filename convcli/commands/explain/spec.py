"""The options of `explain`: what is explained, which pixel of it, and as what: text, page or animation."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from convcli.errors import UsageError
from convcli.options import shared_options
from convcli.options.either_options import EitherWindow, refuse
from convcli.options.option_groups import Options
from convcli.options.shared_options import INTEGER, essential_option, html_option, stack_option, window_option
from convcli.options.specs import FilterSpec, PoolSpec
from convcli.options.typer_parsers import output_path
from convcli.parsing import position

__all__ = ["ExplainSpec"]


class _Explained(Options):
    """The pixel that is explained, a stack, and in which form."""

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


class ExplainSpec(_Explained, EitherWindow):
    """Which output pixel of a kernel, of pooling or of a stack is explained, and in which form."""

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
        super().check()
        if self.pool is not None:
            refuse({"--map": self.map is not None}, "with --pool", "each picture has one map: leave it out")

    def subject(self, of_kernels: Mapping[str, Any], **pixels: Any) -> FilterSpec | PoolSpec:
        """Return what is explained: pooling, or a kernel with its options; results become `pixels`."""
        if self.pool is not None:
            return self.pooling(**pixels)
        return FilterSpec(**vars(self.sliding()), **of_kernels, **pixels)

    def check_one(self, kernels: Sequence[str], of_kernels: Mapping[str, object]) -> None:
        """Refuse all but one kernel, pooling or a stack, and options that have no effect with it."""
        self.check_subject("explain", kernels, of_kernels, {"--stack FILE": self.stack})
        if len(kernels) > 1:
            raise UsageError(f"--kernel is given {len(kernels)} times", hint="explain one kernel at a time")
