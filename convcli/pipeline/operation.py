"""The protocol of operations, which make feature maps of each frame of a picture."""

from collections.abc import Iterable, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from numpy.typing import NDArray

from convcli.engine.window import Window
from convcli.imaging.image import Frame, Image
from convcli.imaging.transfer_curve import Curves
from convcli.options.specs import FilterSpec, PoolSpec
from convcli.pipeline.lazy_rows import LazyRows

__all__ = ["FeatureMap", "MethodUsed", "Operation"]


class MethodUsed(NamedTuple):
    """The engine's method for a kernel or pooling window, and why it was chosen."""

    name: str
    method: str
    reason: str


Values = TypeVar("Values", NDArray[Any], LazyRows)


class FeatureMap(NamedTuple, Generic[Values]):
    """One map of one frame, computed or not yet, and its alpha, both in the units of the picture."""

    values: Values
    alpha: NDArray[Any] | None


class Operation(Protocol):
    """An operation on frames: `filter` and `pool` have one each."""

    @property
    def spec(self) -> FilterSpec | PoolSpec:
        """The options."""
        ...

    def with_jobs(self, jobs: int) -> "Operation":
        """Return the same operation with so many threads."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """One for each feature map, all different: they name files."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each map in reports."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """Lines for stderr about each input."""
        ...

    def along_signal(self) -> "Operation":
        """Return the same operation along signals, which have one row."""
        ...

    def maps(self, frame: Frame, curves: Curves = ()) -> list[FeatureMap[NDArray[Any]]]:
        """Return the feature maps of a frame, with `curves` in linear light."""
        ...

    def windows(self, size: tuple[int, int]) -> Sequence[Sequence[Window]]:
        """Return, for each map of a frame of `size`, the windows that make it, one after the other."""
        ...

    def stages(self, size: tuple[int, int]) -> Sequence[Sequence[Sequence[Window]]]:
        """Return, for each map, its stages one after the other: the windows that slide side by side."""
        ...

    def with_spec(self, spec: Any) -> "Operation":
        """Return the same operation by other options."""
        ...

    def lazy_maps(self, frame: Frame) -> list[FeatureMap[LazyRows]] | None:
        """Return maps whose rows are computed later; None where that is not possible, or does not pay."""
        ...

    def signed(self, map: int, white: float) -> bool:
        """Whether negative values of a map are results, not overshoot; `white` is full scale."""
        ...

    def bleeds(self, alpha: NDArray[Any]) -> bool:
        """Whether colours of fully transparent pixels reach visible ones through the windows."""
        ...

    def methods(self, image: Image) -> Iterable[MethodUsed]:
        """Return how the maps of a picture are computed."""
        ...
