"""The workflow of ``convcli filter``: the pipeline with correlation as its operation."""

from collections.abc import Sequence

from convcli.kernels.spec import kernel_files
from convcli.options.batch_options import BatchSpec, PieceSpec
from convcli.options.specs import FilterSpec, ReadSpec, SheetSpec
from convcli.pipeline.batch import Batch, check_inputs
from convcli.pipeline.feature_maps import Filtering
from convcli.pipeline.loaded_kernels import load_kernels
from convcli.pipeline.process import process

__all__ = ["filter_files"]


def filter_files(
    inputs: Sequence[str],
    kernels: Sequence[str],
    spec: FilterSpec,
    reading: ReadSpec,
    writing: SheetSpec,
    pieces: PieceSpec = PieceSpec(),
    spreading: BatchSpec = BatchSpec(),
    *,
    details: bool = False,
    quiet: bool = False,
) -> Batch:
    """Filter each input with `kernels`, SPECs as ``-k`` takes them.

    An error of all inputs is raised at once; that of one is its outcome. With `details`, outcomes have a
    report, and tell by which methods the results were computed. With `quiet`, notes that take long are left
    out.
    """
    check_inputs(inputs, kernels)
    loaded = load_kernels(kernels, spec)
    return process(
        inputs,
        Filtering(loaded, spec),
        reading,
        writing,
        details=details,
        quiet=quiet,
        pieces=pieces,
        spreading=spreading,
        also_read=kernel_files(kernels),
    )
