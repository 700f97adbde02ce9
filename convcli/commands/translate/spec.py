"""The options of `translate`: what is translated, to which tool or from which call, and its files."""

import os
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from convcli.choices import PadMode, PoolMode, Tool
from convcli.errors import UsageError
from convcli.options import completion
from convcli.options.option_groups import Options
from convcli.options.pixel_options import GrayOption, RangeOption
from convcli.options.shared_options import (
    KernelOptions,
    advanced_option,
    any_of,
    choice_of,
    essential_option,
    file_option,
)
from convcli.options.specs import FilterSpec, PoolSpec
from convcli.options.typer_parsers import verbatim
from convcli.options.window_options import (
    CeilOfPoolOption,
    CountOfPoolOption,
    DilationOption,
    EitherPaddingOption,
    EitherPadOption,
    EitherStrideOption,
    NormOfPoolOption,
    PadValueOption,
    SizeOfPoolOption,
)

__all__ = ["TranslateSpec"]


class TranslateSpec(Options):
    """What is translated besides kernels, and for which tool."""

    stack: Annotated[
        str | None,
        typer.Argument(
            metavar="STACK.toml",
            parser=verbatim,
            show_default=False,
            help="A stack of layers, instead of a kernel.",
        ),
    ] = None
    to: Annotated[
        Tool | None,
        essential_option(
            "--to", **choice_of(Tool, "TOOL"), show_default=False, help=f"The tool: {any_of(Tool)}."
        ),
    ] = None
    call: Annotated[
        str | None,
        essential_option(
            "--from",
            metavar="CALL",
            parser=str,
            show_default=False,
            help="Read another tool's call, and print the convcli command that means the same. It is never "
            "run.",
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
            help=f"Translate pooling: {any_of(PoolMode)}. This is instead of a kernel.",
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
    whole: Annotated[bool, advanced_option("--global", help="One window of --pool: the whole picture.")] = (
        False
    )
    gray: GrayOption = False
    range: RangeOption = None
    input: Annotated[
        str | None,
        file_option(
            "--input",
            metavar="FILE",
            parser=verbatim,
            show_default="input.png",
            help="The picture or .npy that is read. With --from, instead of the call's.",
        ),
    ] = None
    output: Annotated[
        str | None,
        file_option(
            *("-o", "--output"),
            metavar="FILE",
            parser=verbatim,
            show_default="output.png",
            help="What is written: a picture or .npy. With --from, instead of the call's.",
        ),
    ] = None

    def check(self) -> None:
        """Refuse a missing tool, and names that are empty."""
        if (self.to is None) == (self.call is None):
            raise UsageError(
                "--to and --from exclude each other" if self.to else "--to is missing",
                hint="add --to TOOL, or --from 'CALL' for the other way",
            )
        for option, name in (("--input", self.input), ("--output", self.output)):
            if name == "":
                raise UsageError(f"{option} is empty", hint="name a file, or leave it out")

    def check_subject(self, kernels: Sequence[str], of_kernels: KernelOptions) -> None:
        """Refuse all but one of kernels, pooling, a stack and a call, and options that have no effect.

        With a call, ``-k`` names the file of an array that the call has by its name.
        """
        called = self.call is not None
        if called and len(kernels) > 1:
            raise UsageError("--from takes one -k", hint="name the file of the call's kernel")
        subjects = {"-k": kernels and not called, "--pool": self.pool, "STACK.toml": self.stack}
        subjects |= {"--from": called}
        named = [option for option, given in subjects.items() if given]
        if not named:
            raise UsageError(
                "--kernel is missing", hint="add -k SPEC, --pool MODE or a STACK.toml to translate"
            )
        if len(named) > 1:
            raise UsageError(f"{named[0]} and {named[1]} exclude each other", hint="translate one at a time")
        if named[0] != "-k":
            _refuse(_changed(of_kernels), f"with {named[0]}", "leave it out: it is for kernels")
        pooling = {name: getattr(self, name) for name in ("size", "norm", "ceil")}
        pooling |= {"no_count_include_pad": not self.count_include_pad, "global": self.whole}
        if named[0] != "--pool":
            _refuse(pooling, "without --pool", "add --pool max, or another mode")
        if named[0] in ("STACK.toml", "--from"):
            sliding: dict[str, object] = {"pad": self.pad, "pad_value": self.pad_value is not None}
            sliding |= {"padding": self.padding, "stride": self.stride, "dilation": self.dilation != (1, 1)}
            _refuse(sliding, f"with {named[0]}", "leave it out: it says that itself")

    def filtering(self, of_kernels: KernelOptions) -> FilterSpec:
        """Return how kernels slide: what is not given is as for `filter`."""
        variable = os.environ.get("CONVCLI_PAD") if self.pad is None else None
        pad = PadMode.parse(variable) if variable else self.pad
        return FilterSpec(
            **_given(pad=pad, padding=self.padding, stride=self.stride),
            **vars(of_kernels),
            pad_value=self.pad_value,
            dilation=self.dilation,
            gray=self.gray,
            range=self.range,
        )

    def pooling(self) -> PoolSpec:
        """Return how windows are pooled: what is not given is as for `pool`."""
        return PoolSpec(
            **_given(mode=self.pool, size=self.size, padding=self.padding),
            norm=self.norm,
            stride=self.stride,
            pad=self.pad,
            pad_value=self.pad_value,
            dilation=self.dilation,
            ceil=self.ceil,
            count_include_pad=self.count_include_pad,
            whole=self.whole,
            gray=self.gray,
            range=self.range,
        )


def _changed(options: Options) -> dict[str, object]:
    """Return the options that are not as they are by default."""
    return {name: given for name, given in vars(options).items() if given != getattr(type(options), name)}


def _refuse(options: Mapping[str, object], when: str, hint: str) -> None:
    """Refuse the first option that is given although it has no effect."""
    for name, given in options.items():
        if given:
            raise UsageError(f"--{name.replace('_', '-')} has no effect {when}", hint=hint)


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
