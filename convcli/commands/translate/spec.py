"""The options of `translate`: what is translated, to which tool or from which call, and its files."""

import os
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from convcli.choices import Tool
from convcli.errors import UsageError
from convcli.options.either_options import EitherWindow, refuse
from convcli.options.option_groups import Options
from convcli.options.pixel_options import GrayOption, RangeOption
from convcli.options.shared_options import advanced_option, any_of, choice_of, essential_option, file_option
from convcli.options.typer_parsers import verbatim

__all__ = ["TranslateSpec"]


class _Translated(Options):
    """The stack or the call that is translated instead of a kernel, and the tool."""

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


class TranslateSpec(_Translated, EitherWindow):
    """The options of `translate` but for those of kernels."""

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
        """Refuse a missing tool, empty names of files, and options that have no effect."""
        if (self.to is None) == (self.call is None):
            raise UsageError(
                "--to and --from exclude each other" if self.to else "--to is missing",
                hint="give --to TOOL, or --from 'CALL' for the other way",
            )
        for option, name in (("--input", self.input), ("--output", self.output)):
            if name == "":
                raise UsageError(f"{option} is empty", hint="name a file, or leave it out")
            if name == "-" and self.to is not None:
                raise UsageError(
                    f"{option} '-' is a pipe, and code opens files by name",
                    hint="name a file, such as in.png",
                )
        super().check()
        if self.pool is None:
            refuse({"--global": self.whole}, "without --pool", "add --pool max, or another mode")
        if self.stack is not None:  # defaults of the environment are for kernels
            pixels = {
                "--gray": self.gray and "CONVCLI_GRAY" not in os.environ,
                "--range": self.range and "CONVCLI_RANGE" not in os.environ,
            }
            refuse(pixels, "with STACK.toml", "leave it out: a stack says what it computes")

    def check_one(self, kernels: Sequence[str], of_kernels: Mapping[str, object]) -> None:
        """Refuse all but one of kernels, pooling, a stack and a call, and options that have no effect.

        With a call, ``-k`` names the file of an array that the call has by its name.
        """
        called = self.call is not None
        if called and len(kernels) > 1:
            raise UsageError("--from takes one -k", hint="name the file of the call's kernel")
        others = {"STACK.toml": self.stack is not None, "--from": called}
        self.check_subject("translate", () if called else kernels, of_kernels, others)
