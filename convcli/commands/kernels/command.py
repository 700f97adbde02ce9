"""``convcli kernels``: the library of named kernels."""

from typing import Annotated

import typer

from convcli.errors import shown
from convcli.limits import SHOWN_WEIGHTS
from convcli.options import completion, shared_options
from convcli.options.option_groups import Options, with_options
from convcli.options.typer_parsers import Command, PlainGroup, verbatim
from convcli.pipeline import messages

__all__ = ["register"]

SpecArgument = Annotated[
    str,
    typer.Argument(
        metavar="SPEC",
        parser=verbatim,
        autocompletion=completion.kernels,
        show_default=False,
        help="A name with parameters, a matrix, a file, or - for stdin.",
    ),
]


class ExportOptions(Options):
    """Where a kernel is written."""

    output: shared_options.OutputOption = None
    format: shared_options.KernelFormatOption = None
    force: shared_options.ForceOption = False


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    group = typer.Typer(cls=PlainGroup, invoke_without_command=True)
    group.callback()(with_options(list_kernels))
    group.command("show", cls=Command)(with_options(show_kernel))
    group.command("export", cls=Command)(with_options(export_kernel))
    app.add_typer(group, name="kernels")


def list_kernels(ctx: typer.Context, printing: shared_options.ListOptions) -> None:
    """List the named kernels, each with a picture; show one, or export it."""
    if ctx.invoked_subcommand is not None:
        return
    if printing.json:
        from convcli.commands.kernels.report import catalogue_report

        for entry in catalogue_report():
            messages.json_line(entry)
        return
    from convcli.commands.kernels.view import Catalogue  # here, as NumPy comes with it

    messages.draw(Catalogue(), no_color=printing.no_color)


def show_kernel(ctx: typer.Context, spec: SpecArgument, printing: shared_options.ListOptions) -> None:
    """Print a kernel's matrix, sum, rank, symmetry, gain and frequency response."""
    above = ctx.parent.params if ctx.parent is not None else {}
    from convcli.commands.kernels.report import report
    from convcli.commands.kernels.view import sheet
    from convcli.kernels.spec import kernel

    found = kernel(spec)
    for weights in found.components:
        SHOWN_WEIGHTS.check(weights.size, "export it to .npy", what=f"kernel {shown(spec)}: its size")
    if printing.json or above.get("json"):
        messages.json_line(report(found))
    else:
        messages.draw(sheet(found), no_color=printing.no_color or bool(above.get("no_color")))


def export_kernel(spec: SpecArgument, writing: ExportOptions) -> None:
    """Write a kernel to a file that -k reads: .json .toml .npy .npz .csv .tsv .txt."""
    from convcli.kernels.files import export
    from convcli.kernels.spec import kernel, kernel_files
    from convcli.pipeline.batch import refuse_inputs
    from convcli.pipeline.naming import file_in

    found = kernel(spec)
    name = f"{found.stem}{export.file_suffix(None, writing.format)}"
    output = file_in(writing.output, name, force=writing.force)
    refuse_inputs([output], kernel_files([spec]), force=writing.force)
    done = export.export_kernel(found, output=output, format=writing.format)
    if done.path is None:
        messages.product(done.data)
    else:
        messages.path(done.path)
