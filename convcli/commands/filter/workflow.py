"""What happens after ``convcli filter``: the pipeline, with kernels that slide."""

from collections.abc import Iterator, Sequence

from convcli.engine.correlation.plan import plan
from convcli.imaging.image import Frame, Image, Space
from convcli.options.specs import FilterSpec, ReadSpec, WriteSpec
from convcli.pipeline.batch import Batch, check_inputs
from convcli.pipeline.feature_maps import Bank, banded_maps, bank, feature_maps
from convcli.pipeline.process import Means, Step, process
from convcli.pipeline.results import BandedMap, FeatureMap

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

    Raises
    ------
    UsageError, KernelError
        The options, kernels and names do not go together.
    """
    check_inputs(inputs, kernels)
    slides = bank(kernels, spec)

    def maps(frame: Frame, space: Space) -> list[FeatureMap]:
        return feature_maps(frame, space, slides, spec)

    def bands(frame: Frame) -> list[BandedMap] | None:
        return banded_maps(frame, slides, spec)

    def means(image: Image) -> Iterator[Means]:
        return _plans(image, slides, spec)

    step = Step(slides.labels, slides.names, maps, means, bands)
    return process(inputs, step, spec, reading, writing, details=details)


def _plans(image: Image, slides: Bank, spec: FilterSpec) -> Iterator[Means]:
    frame = image.frames[0]
    for found in slides.kernels:
        for weights in found.components:
            flat = weights if weights.ndim == 2 else weights[0]
            chosen = plan(
                flat, frame.pixels.shape, frame.pixels.dtype, spec.stride, spec.dilation, spec.method
            )
            yield Means(found.name, chosen.method.value, chosen.reason)
