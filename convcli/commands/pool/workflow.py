"""What happens after ``convcli pool``: the pipeline, with windows that pool."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from convcli.engine.pooling.pool2d import plan, pool_picture
from convcli.engine.pooling.windows import Pooling
from convcli.imaging.image import Frame, Image, Space
from convcli.options.specs import PoolSpec, ReadSpec, WriteSpec
from convcli.pipeline.batch import Batch, check_inputs
from convcli.pipeline.linear_and_alpha import sampled_alpha, through
from convcli.pipeline.process import Means, Step, process
from convcli.pipeline.results import FeatureMap

__all__ = ["pool_files"]

Array = NDArray[Any]


def pool_files(
    inputs: Sequence[str], spec: PoolSpec, reading: ReadSpec, writing: WriteSpec, *, details: bool = False
) -> Batch:
    """Pool each input.

    Whatever is wrong for every input is raised at once; what is wrong with one becomes its outcome. With
    `details`, outcomes carry the method and the figures of their results.

    Raises
    ------
    UsageError
        The options and names do not go together.
    """
    check_inputs(inputs)

    def maps(frame: Frame, space: Space) -> list[FeatureMap]:
        return [_pooled(frame, space, spec)]

    def means(image: Image) -> Iterator[Means]:
        how = _pooling(spec, image.frames[0].size)
        rows, columns = how.window.size
        yield Means(f"{how.mode} {rows}x{columns}", *plan(how))

    rows, columns = spec.size
    name = f"global {spec.mode}" if spec.whole else f"{spec.mode} {rows}x{columns}"
    step = Step((spec.mode.value,), (name,), maps, means)
    return process(inputs, step, spec, reading, writing, details=details)


def _pooled(frame: Frame, space: Space, spec: PoolSpec) -> FeatureMap:
    how = _pooling(spec, frame.size)

    def slide(pixels: Array, beyond: float | None) -> list[Array]:
        return [
            pool_picture(pixels, how._replace(window=replace(how.window, pad_value=beyond or 0.0)), spec.jobs)
        ]

    def sample(alpha: Array) -> list[Array]:
        return [sampled_alpha(alpha, how.window, ceil=how.ceil)]

    (found,) = through(frame, space, spec, slide, sample)
    return found


def _pooling(spec: PoolSpec, size: tuple[int, int]) -> Pooling:
    return Pooling(spec.window(size), spec.mode, spec.ceil, spec.count_include_pad, spec.power)
