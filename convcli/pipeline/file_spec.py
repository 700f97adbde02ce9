"""All that is decided about the inputs of `filter` and `pool` before the first of them is read."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from convcli.options.batch_options import PieceSpec
from convcli.options.specs import ReadSpec, SheetSpec
from convcli.pipeline.naming import OutputPaths
from convcli.pipeline.operation import Operation
from convcli.pipeline.results import Result

if TYPE_CHECKING:
    from convcli.pipeline.sheets import Sheets

__all__ = ["FileSpec"]


@dataclass(frozen=True)
class FileSpec:
    """The operation, the options of reading and writing, and the output paths of a batch."""

    operation: Operation
    reading: ReadSpec
    writing: SheetSpec
    pieces: PieceSpec
    paths: OutputPaths
    sheets: "Sheets | None"
    details: bool  # reports, and the methods by which results are computed
    counted: bool = True  # whether anybody wants to know how many pixels were clipped
    cluster: str | None = None  # to whose workers the bands of the only input are sent

    def labelled(self, results: list[Result]) -> list[Result]:
        """Return the results, the notes of several with their labels."""
        if len(results) < 2:
            return results
        return [result.labelled(label) for result, label in zip(results, self.operation.labels, strict=True)]
