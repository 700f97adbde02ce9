"""``convcli kernels``: the library of named kernels."""

import re
from typing import Annotated, Any

import typer

from convcli.errors import UsageError, nearest, shown
from convcli.limits import SHOWN_WEIGHTS
from convcli.options import completion, shared_options
from convcli.options.option_groups import Options, with_options
from convcli.options.typer_parsers import Command, PlainGroup
from convcli.pipeline import messages
from convcli.pipeline.delivery import deliver

__all__ = ["register"]

# The beginning of a matrix whose first number is negative.
_MINUS = re.compile(r"-\.?\d")


def _spec(text: str) -> str:
    """Read a SPEC, without the space that `KernelsGroup` puts before a minus."""
    return text.removeprefix(" ") if _MINUS.match(text, 1) else text


SpecArgument = Annotated[
    str,
    typer.Argument(
        metavar="SPEC",
        parser=_spec,
        autocompletion=completion.kernels,
        show_default=False,
        help="A name with parameters, a matrix, a file, or - for stdin.",
    ),
]


class ListingOptions(shared_options.ListOptions):
    """How the library is listed, or drawn."""

    all: Annotated[
        bool,
        typer.Option("--all", "-v", "--verbose", help="With a picture of each kernel and of its response."),
    ] = False
    output: Annotated[
        str | None,
        shared_options.output_option("Draw every kernel on one labelled picture; - is stdout."),
    ] = None
    format: shared_options.FormatOption = None
    force: shared_options.ForceOption = False


class ExportOptions(Options):
    """Where a kernel is written."""

    output: shared_options.OutputOption = None
    format: shared_options.KernelFormatOption = None
    force: shared_options.ForceOption = False


class KernelsGroup(PlainGroup):
    """The commands about kernels; a word that is none of them is a kernel to show."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Parse the words after ``kernels``; those that begin with a negative number are no options."""
        listing = not set(args) & set(self.commands)
        words = [word for word in args if word != "list" or not listing]  # `kernels` alone lists
        spaced = [
            f" {word}" if _MINUS.match(word) and last not in ("-o", "--output") else word
            for last, word in zip(["", *words], words, strict=False)
        ]
        return super().parse_args(ctx, spaced)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that the first word names, or ``show`` for a kernel."""
        word = args[0]
        if word not in self.commands:
            from convcli.kernels import library

            known = (*self.commands, *library.TABLE, *library.SYNONYMS)
            if not word.isalpha() or nearest(word, known) not in self.commands:
                args = ["show", *args]
        return super().resolve_command(ctx, args)


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    group = typer.Typer(cls=KernelsGroup, invoke_without_command=True)
    group.callback()(with_options(list_kernels))
    group.command("show", cls=Command)(with_options(show_kernel))
    group.command("export", cls=Command)(with_options(export_kernel))
    app.add_typer(group, name="kernels")


def list_kernels(ctx: typer.Context, listing: ListingOptions) -> None:
    """List the named kernels; draw them all, show one, or export it.

    Examples
    --------
    convcli kernels

    convcli kernels gaussian:sigma=2

    # every kernel as a labelled picture
    convcli kernels -o kernels.png
    """
    draws = listing.output is not None or listing.format is not None
    word = ctx.invoked_subcommand
    if word is not None and draws:
        raise UsageError(
            "-o draws all kernels, not one", hint="convcli kernels export SPEC -o FILE writes one"
        )
    if word is not None:
        return
    if draws:
        from convcli.commands.kernels.sheet import draw_library  # here, as NumPy comes with it
        from convcli.options.specs import WriteSpec

        writing = WriteSpec(output=listing.output, format=listing.format, force=listing.force)
        deliver(draw_library(writing), shared_options.PrintOptions(json=listing.json), "drawing")
    elif listing.json:
        from convcli.commands.kernels.report import catalogue_report

        for entry in catalogue_report():
            messages.json_line(entry)
    elif listing.all:
        from convcli.commands.kernels.view import Catalogue  # here, as NumPy comes with it

        messages.draw(Catalogue(), no_color=listing.no_color)
    else:
        from convcli.commands.kernels.compact_list import CompactList

        messages.draw(CompactList(), no_color=listing.no_color)


def show_kernel(ctx: typer.Context, spec: SpecArgument, printing: shared_options.ListOptions) -> None:
    """Print a kernel's matrix, sum, rank, symmetry, gain and response.

    Examples
    --------
    convcli kernels show gaussian:sigma=2,size=9

    convcli kernels show "0 -1 0; -1 5 -1; 0 -1 0"
    """
    above = ctx.parent.params if ctx.parent is not None else {}
    from convcli.commands.kernels.report import report
    from convcli.commands.kernels.view import sheet
    from convcli.kernels.spec import kernel

    found = kernel(spec)
    for weights in found.components:
        SHOWN_WEIGHTS.check(weights.size, "export it to .npy", what=f"kernel {shown(spec)}: its size")
    for note in found.notes:
        messages.say(note)
    if printing.json or above.get("json"):
        messages.json_line(report(found))
    else:
        messages.draw(sheet(found), no_color=printing.no_color or bool(above.get("no_color")))


def export_kernel(spec: SpecArgument, writing: ExportOptions) -> None:
    """Write a kernel to a file that -k reads.

    Examples
    --------
    convcli kernels export log:sigma=2 -o log.json

    convcli kernels export laplacian --format csv -o -
    """
    from convcli.kernels.files import export
    from convcli.kernels.spec import kernel, kernel_files
    from convcli.pipeline.batch import refuse_inputs
    from convcli.pipeline.naming import file_in

    found = kernel(spec)
    name = f"{found.stem}{export.file_suffix(None, writing.format)}"
    output = file_in(writing.output, name, force=writing.force)
    refuse_inputs([output], kernel_files([spec]), force=writing.force)
    for note in found.notes:
        messages.say(note)
    done = export.export_kernel(found, output=output, format=writing.format)
    if done.path is None:
        messages.product(done.data)
    else:
        messages.path(done.path)
