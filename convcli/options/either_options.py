"""The options of commands that take kernels, pooling or a stack."""

import os
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from convcli.choices import PadMode, PoolMode
from convcli.errors import UsageError
from convcli.options import completion
from convcli.options.option_groups import Options
from convcli.options.shared_options import advanced_option, any_of, essential_option, window_option
from convcli.options.specs import PoolSpec
from convcli.options.window_options import (
    DilationOption,
    PadValueOption,
    SlidingWindow,
    pad_option,
    padding_option,
    pair_option,
)
from convcli.parsing import Padding, power

__all__ = ["EitherWindow", "refuse"]


class EitherWindow(Options):
    """How kernels slide, or windows of `pool`: options left out are as in ``filter`` or ``pool``."""

    pool: Annotated[
        PoolMode | None,
        essential_option(
            "--pool",
            metavar="MODE",
            parser=PoolMode.parse,
            autocompletion=completion.words(*PoolMode, "l2"),
            show_default=False,
            help=f"Pooling: {any_of(PoolMode)}. This is instead of a kernel.",
        ),
    ] = None
    size: Annotated[
        tuple[int, int] | None,
        pair_option(window_option, "--size", default="2", help="Rows and columns of the window of --pool."),
    ] = None
    norm: Annotated[
        float | None,
        advanced_option(
            "--norm", metavar="P", parser=power, show_default="2", help="P of --pool lp: above 0, or inf."
        ),
    ] = None
    pad: Annotated[
        PadMode | None,
        pad_option(
            show_default="reflect",
            help=f"Padding mode: {any_of(PadMode)}. For --pool, neutral unless given: it never wins max or "
            "min, is left out of medians, and adds 0 to sums.",
        ),
    ] = None
    pad_value: PadValueOption = None
    padding: Annotated[
        Padding | None,
        padding_option(show_default="same; pool: 0", help="Each side: N, RxC, T,B,L,R, same or full."),
    ] = None
    stride: Annotated[
        tuple[int, int] | None,
        pair_option(
            window_option,
            "-s",
            "--stride",
            default="1; pool: the size",
            help="Pixels from one window to the next.",
        ),
    ] = None
    dilation: DilationOption = (1, 1)
    ceil: Annotated[bool, advanced_option("--ceil", help="Round output sizes of --pool up.")] = False
    count_include_pad: Annotated[
        bool,
        advanced_option(
            "--count-include-pad/--no-count-include-pad", help="Averages count neutral padding, as zeros."
        ),
    ] = True

    def check(self) -> None:
        """Refuse options of pooling that have no effect."""
        padless = {"--no-count-include-pad": not self.count_include_pad}
        if self.pool is None:
            given = {"--size": self.size, "--norm": self.norm, "--ceil": self.ceil, **padless}
            refuse(given, "without --pool", "add --pool max, or another mode")
            return
        if self.pool is not PoolMode.LP:
            refuse({f"--norm {self.norm or 0:g}": self.norm}, f"with --pool {self.pool}", "use --pool lp")
        if self.pool is not PoolMode.AVG:
            refuse(padless, f"with --pool {self.pool}", "use --pool avg")

    def check_subject(
        self,
        command: str,
        kernels: Sequence[str],
        of_kernels: Mapping[str, object],
        others: Mapping[str, object],
    ) -> None:
        """Refuse all but one of kernels, pooling and `others`, which have windows of their own."""
        subjects = {"--kernel": kernels, "--pool": self.pool, **others}
        named = [words.partition(" ")[0] for words, given in subjects.items() if given]
        if not named:
            raise UsageError(
                "--kernel is missing",
                hint=f"add -k SPEC, --pool MODE or {next(iter(others))}; see convcli {command} --help",
            )
        if len(named) > 1:
            raise UsageError(
                f"{named[0]} and {named[1]} exclude each other", hint=f"{command} one of them at a time"
            )
        if kernels:
            return
        only_kernels = {f"--{option}": given for option, given in of_kernels.items()}
        refuse(only_kernels, f"with {named[0]}", "leave it out: it is for kernels")
        if self.pool is None:
            sliding = {
                "--pad": self.pad,
                "--pad-value": self.pad_value is not None,
                "--padding": self.padding,
                "--stride": self.stride,
                "--dilation": self.dilation != (1, 1),
            }
            refuse(sliding, f"with {named[0]}", f"leave it out: {named[0]} has its own")

    def sliding(self) -> SlidingWindow:
        """Return how a kernel slides, with the defaults of `filter`."""
        variable = os.environ.get("CONVCLI_PAD") if self.pad is None else None
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
        """Return how windows are pooled, with the defaults of `pool`, and how results become `pixels`."""
        return PoolSpec(
            **_given(mode=self.pool, size=self.size, padding=self.padding),
            norm=self.norm,
            stride=self.stride,
            pad=self.pad,
            pad_value=self.pad_value,
            dilation=self.dilation,
            ceil=self.ceil,
            count_include_pad=self.count_include_pad,
            **pixels,
        )


def refuse(options: Mapping[str, object], when: str, hint: str) -> None:
    """Refuse the first option that is given although it has no effect."""
    for option, given in options.items():
        if given:
            raise UsageError(f"{option} has no effect {when}", hint=hint)


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
