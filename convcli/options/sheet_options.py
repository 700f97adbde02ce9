"""The options of sheets, which show an input and its results side by side (`SheetSpec`)."""

from typing import Annotated

from convcli.choices import STDOUT
from convcli.errors import UsageError
from convcli.options.shared_options import WriteSpec, file_option
from convcli.options.typer_parsers import output_path

__all__ = ["SheetSpec"]


class SheetSpec(WriteSpec):
    """Where results are written, and the sheet that shows them beside their input."""

    sheet: Annotated[
        str | None,
        file_option(
            "--sheet",
            metavar="FILE",
            parser=output_path,
            help="Draw the input and its results side by side. Labelled, into FILE, or a sheet for each "
            "input into DIR/; with - it goes to stdout, or is shown in the terminal, and results are written "
            "only with -o or --out-dir.",
        ),
    ] = None
    preview: Annotated[
        bool, file_option("--preview", help="Show that sheet in the terminal. Alone it means --sheet -.")
    ] = False

    @property
    def only_shows(self) -> bool:
        """Whether results are only shown, not written."""
        looked_at = self.sheet == STDOUT or (self.preview and self.sheet is None)
        return looked_at and self.output is None and self.out_dir is None

    def check(self) -> None:
        """Refuse an empty name, and two files for stdout."""
        super().check()
        if self.sheet == "":
            raise UsageError("--sheet is empty", hint="name a file, or - for stdout")
        if self.sheet == self.output == STDOUT and not self.preview:
            raise UsageError("--sheet and --output both want stdout", hint="name a file for one of them")
