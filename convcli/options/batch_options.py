"""The options of work on many inputs, and on pictures larger than memory (`BatchSpec`, `PieceSpec`)."""

import os
from typing import Annotated

from convcli.choices import STDOUT
from convcli.errors import UsageError
from convcli.open_files import is_stream
from convcli.options.option_groups import Options
from convcli.options.shared_options import INTEGER, advanced_option
from convcli.options.typer_parsers import verbatim
from convcli.parsing import at_least

__all__ = ["BatchSpec", "PieceSpec"]


class BatchSpec(Options):
    """How a batch goes on after an interruption, and where its inputs are worked on."""

    resume: Annotated[
        bool,
        advanced_option(
            "--resume",
            help="Skip inputs whose results are in --out-dir already. Neither they, the options nor the "
            "inputs may have changed since.",
        ),
    ] = False
    dry_run: Annotated[
        bool,
        advanced_option(
            "--dry-run", help="List what would be read, written and skipped. Nothing is written."
        ),
    ] = False
    cluster: Annotated[
        str | None,
        advanced_option(
            "--cluster",
            metavar="ADDRESS",
            parser=verbatim,
            help="Send the inputs to a Dask scheduler. local starts one on this machine; the extra scale "
            "is needed.",
        ),
    ] = None

    @property
    def again(self) -> bool:
        """Whether results may be there that an interrupted run or a killed worker has written."""
        return self.resume or self.cluster is not None

    def check_outputs(self, *paths: str | None) -> None:
        """Refuse outputs that workers elsewhere cannot write to: pipes and open files of this process."""
        for path in paths if self.cluster is not None else ():
            if path not in (None, STDOUT, os.devnull) and is_stream(path):
                hint = "use -o - for stdout, or name a file"
                raise UsageError(f"--cluster: {path!r} is open in this process alone", hint=hint)


class PieceSpec(Options):
    """How results are cut into tiles, and whether smaller ones are written with them."""

    tile: Annotated[
        int | None,
        advanced_option(
            "--tile",
            **INTEGER,
            show_default="the input's",
            help="Side of the tiles of TIFF, or of the chunks of Zarr.",
        ),
    ] = None
    levels: Annotated[
        int,
        advanced_option(
            "--levels",
            **INTEGER,
            help="Levels of the pyramid that TIFF and Zarr hold. Each has half the size of the one before.",
        ),
    ] = 1

    @property
    def given(self) -> bool:
        """Whether any of them is asked for."""
        return self.tile is not None or self.levels > 1

    def check(self) -> None:
        """Refuse levels and tiles below 1."""
        at_least(1, levels=self.levels, tile=1 if self.tile is None else self.tile)
