"""``convcli kernels``: the library of named kernels."""

import typer
from typer.core import TyperGroup

from convcli.cli import options, output
from convcli.cli.groups import spread
from convcli.cli.parsing import Command
from convcli.specs import WriteSpec

__all__ = ["register"]


class Plain(TyperGroup):
    """A group within the program: its errors are told by the program's own."""


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    group = typer.Typer(cls=Plain, invoke_without_command=True)
    group.callback()(spread(list_kernels))
    group.command("show", cls=Command)(spread(show_kernel))
    group.command("export", cls=Command)(spread(export_kernel))
    app.add_typer(group, name="kernels")


def list_kernels(ctx: typer.Context, talk: options.Printing) -> None:
    """List the named kernels, each with a picture; show one, or export it."""
    if ctx.invoked_subcommand is not None:
        return
    from convcli.workflows.kernels import catalogue

    entries = catalogue()
    if talk.json:
        for entry in entries:
            output.json_line(entry.report())
        return
    from convcli.display.tables import kernel_catalogue

    output.console(no_color=talk.no_color).print(kernel_catalogue(entries))


def show_kernel(spec: options.SpecArgument, talk: options.Printing) -> None:
    """Print a kernel's matrix, sum, rank, symmetry, gain and frequency response."""
    from convcli.workflows.kernels import describe

    description = describe(spec)
    if talk.json:
        output.json_line(description.report())
        return
    from convcli.display.tables import kernel_sheet

    output.console(no_color=talk.no_color).print(kernel_sheet(description))


def export_kernel(spec: options.SpecArgument, writing: options.Exporting) -> None:
    """Write a kernel to a file that -k reads: .json .toml .npy .npz .csv .tsv .txt."""
    from convcli.workflows.kernels import export

    done = export(spec, WriteSpec(output=writing.output, format=writing.format))
    if done.data is not None:
        output.product(done.data)
    for name in done.outputs:
        output.path(name)
