"""``convcli formats``: what is promised for each file format."""

import typer

from convcli.options.option_groups import with_options
from convcli.options.shared_options import ListOptions
from convcli.options.typer_parsers import Command
from convcli.pipeline import messages

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("formats", cls=Command)(with_options(list_formats))


def list_formats(printing: ListOptions) -> None:
    """List the file formats: what is read and written exactly.

    For each format the bits per sample, alpha, frames and metadata that are kept, and what is only tried.

    Examples
    --------
    convcli formats

    convcli formats --json
    """
    if printing.json:
        from convcli.commands.formats.report import report

        for format in report():
            messages.json_line(format)
        return
    from convcli.commands.formats.view import FormatTable

    messages.draw(FormatTable(), no_color=printing.no_color)
