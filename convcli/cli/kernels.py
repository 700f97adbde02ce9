"""``convcli kernels``: the library of named kernels."""

import typer

from convcli.cli import options, output
from convcli.cli.groups import spread
from convcli.cli.parsing import Command, PlainGroup

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    group = typer.Typer(cls=PlainGroup, invoke_without_command=True)
    group.callback()(spread(list_kernels))
    group.command("show", cls=Command)(spread(show_kernel))
    group.command("export", cls=Command)(spread(export_kernel))
    app.add_typer(group, name="kernels")


def list_kernels(ctx: typer.Context, talk: options.Printing) -> None:
    """List the named kernels, each with a picture; show one, or export it."""
    if ctx.invoked_subcommand is not None:
        return
    from convcli.workflows import kernels

    if talk.json:
        for entry in kernels.catalogue_report():
            output.json_line(entry)
        return
    output.draw(kernels.catalogue(), no_color=talk.no_color)


def show_kernel(spec: options.SpecArgument, talk: options.Printing) -> None:
    """Print a kernel's matrix, sum, rank, symmetry, gain and frequency response."""
    from convcli.workflows import kernels

    if talk.json:
        output.json_line(kernels.report(spec))
        return
    output.draw(kernels.sheet(spec), no_color=talk.no_color)


def export_kernel(spec: options.SpecArgument, writing: options.Exporting) -> None:
    """Write a kernel to a file that -k reads: .json .toml .npy .npz .csv .tsv .txt."""
    from convcli.workflows import kernels

    done = kernels.export(spec, output=writing.output, format=writing.format)
    if done.path is None:
        output.product(done.data)
    else:
        output.path(done.path)
