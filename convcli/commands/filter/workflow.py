"""What happens after ``convcli filter``: the pipeline, with kernels that slide."""

from collections.abc import Sequence

from convcli.options.specs import FilterSpec, ReadSpec, WriteSpec
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
    writing: WriteSpec,
    *,
    details: bool = False,
) -> Batch:
    """Filter each input with `kernels`, SPECs as ``-k`` takes them.

    Whatever is wrong for every input is raised at once; what is wrong with one becomes its outcome. With
    `details`, outcomes carry the plan and the figures of their results.
    """
    check_inputs(inputs, kernels)
    return process(inputs, Filtering(load_kernels(kernels, spec), spec), reading, writing, details=details)
