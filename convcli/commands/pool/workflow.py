"""The workflow of ``convcli pool``: the pipeline with pooling as its operation."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convcli.choices import PoolMode
from convcli.engine.pooling.pool2d import plan_pooling, pool_picture
from convcli.engine.pooling.windows import Pooling
from convcli.engine.window import Window
from convcli.imaging.colour import premultiply, unpremultiply
from convcli.imaging.image import Frame, Image
from convcli.imaging.transfer_curve import Curves
from convcli.options.batch_options import BatchSpec, PieceSpec
from convcli.options.specs import PoolSpec, ReadSpec, SheetSpec
from convcli.pipeline.batch import Batch, check_inputs
from convcli.pipeline.linear_and_alpha import (
    TRANSPARENT_BELOW,
    map_frame,
    opaque_padding,
    sampled_alpha,
)
from convcli.pipeline.operation import FeatureMap, MethodUsed
from convcli.pipeline.process import process

__all__ = ["pool_files"]

Array = NDArray[Any]


class PoolingOperation(NamedTuple):
    """Pooling as an operation of the pipeline."""

    spec: PoolSpec

    def with_jobs(self, jobs: int) -> "PoolingOperation":
        """Return the same operation with so many threads."""
        return self._replace(spec=self.spec.replace(jobs=jobs))

    @property
    def labels(self) -> tuple[str, ...]:
        """The mode, which names files."""
        return (self.spec.mode.value,)

    @property
    def names(self) -> tuple[str, ...]:
        """Mode and size of the window."""
        size = "{}x{}".format(*self.spec.size)
        return (f"global {self.spec.mode}" if self.spec.whole else f"{self.spec.mode} {size}",)

    @property
    def notes(self) -> tuple[str, ...]:
        """Nothing: all is said of the results."""
        return ()

    def along_signal(self) -> "PoolingOperation":
        """Return the same pooling along signals, which have one row."""
        from convcli.pipeline.signals import one_axis  # here for start-up: kernels come with it

        return self.with_spec(one_axis(self.spec))

    def maps(self, frame: Frame, curves: Curves = ()) -> list[FeatureMap[Array]]:
        """Return the one map of a frame."""
        how = self._pooling(frame.size)

        def pool(values: Array, window: Window) -> Array:
            return pool_picture(values, how._replace(window=window), self.spec.jobs)

        def slide(pixels: Array, pad_value: float | None) -> list[Array]:
            return [pool(pixels, replace(how.window, pad_value=pad_value or 0.0))]

        def weigh(pixels: Array, coverage: Array, pad_value: float | None) -> list[tuple[Array, Array]]:
            # Relative to what an opaque picture gathers, which is not 1 of norms and beside neutral padding.
            opaque = opaque_padding(how.window)
            share, whole = pool(coverage, opaque), pool(np.ones_like(coverage), opaque)
            share = unpremultiply(share, whole)
            share[share < TRANSPARENT_BELOW] = 0.0
            [covering] = slide(premultiply(pixels, coverage), pad_value)
            return [(unpremultiply(covering, share), share)]

        return map_frame(frame, curves, self.spec, slide, weigh, self.windows(frame.size), ceil=how.ceil)

    def signed(self, _: int, __: float) -> bool:
        """Return True: only negative pixels give negative values, which are results."""
        return True

    def bleeds(self, alpha: Array) -> bool:
        """Whether colours of fully transparent pixels reach visible ones through the window."""
        how = self._pooling(alpha.shape)
        plain = how._replace(window=replace(how.window, pad_value=0.0), mode=PoolMode.MAX)
        hidden = pool_picture((alpha == 0).astype(np.uint8), plain, self.spec.jobs)
        return bool(hidden[sampled_alpha(alpha, (how.window,), ceil=how.ceil) > 0].any())

    def windows(self, size: tuple[int, int]) -> list[list[Window]]:
        """Return the window that pools a frame of `size`."""
        return [[self._pooling(size).window]]

    def stages(self, size: tuple[int, int]) -> list[list[list[Window]]]:
        """Return the window, of the only stage of the only map."""
        return [self.windows(size)]

    def with_spec(self, spec: PoolSpec) -> "PoolingOperation":
        """Return pooling by other options."""
        return self._replace(spec=spec)

    def lazy_maps(self, frame: Frame) -> None:
        """Return None: a map is computed at once."""

    def methods(self, image: Image) -> Iterator[MethodUsed]:
        """Return how windows are pooled."""
        how = self._pooling(image.frames[0].size)
        rows, columns = how.window.size
        yield MethodUsed(f"{how.mode} {rows}x{columns}", *plan_pooling(how))

    def _pooling(self, size: tuple[int, int]) -> Pooling:
        spec = self.spec
        return Pooling(spec.window(size), spec.mode, spec.ceil, spec.count_include_pad, spec.power)


def pool_files(
    inputs: Sequence[str],
    spec: PoolSpec,
    reading: ReadSpec,
    writing: SheetSpec,
    pieces: PieceSpec = PieceSpec(),
    spreading: BatchSpec = BatchSpec(),
    *,
    details: bool = False,
) -> Batch:
    """Pool each input.

    An error of all inputs is raised at once; that of one is its outcome. With `details`, outcomes have a
    report, and tell by which method the results were computed.
    """
    check_inputs(inputs)
    operation = PoolingOperation(spec)
    return process(inputs, operation, reading, writing, details=details, pieces=pieces, spreading=spreading)
