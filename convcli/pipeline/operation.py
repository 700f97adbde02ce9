"""What a command does to a picture: an operation makes feature maps of each frame."""

from collections.abc import Iterable
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from numpy.typing import NDArray

from convcli.imaging.image import Frame, Image, Space
from convcli.options.specs import FilterSpec, PoolSpec
from convcli.pipeline.lazy_rows import LazyRows

__all__ = ["FeatureMap", "MethodUsed", "Operation"]


class MethodUsed(NamedTuple):
    """By which method the engine computes something, and why."""

    name: str
    method: str
    reason: str


Values = TypeVar("Values", NDArray[Any], LazyRows)


class FeatureMap(NamedTuple, Generic[Values]):
    """One map of one frame: values in the image's units, computed or not yet, and its alpha likewise."""

    values: Values
    alpha: NDArray[Any] | None


class Operation(Protocol):
    """Windows that slide over frames; `filter` and `pool` make one each."""

    @property
    def spec(self) -> FilterSpec | PoolSpec:
        """What was asked for."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """One for each feature map, all different: they name files."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """What reports call each map."""
        ...

    def maps(self, frame: Frame, space: Space) -> list[FeatureMap[NDArray[Any]]]:
        """Return the feature maps of a frame."""
        ...

    def lazy_maps(self, frame: Frame) -> list[FeatureMap[LazyRows]] | None:
        """Return maps whose rows are computed later; None where that is not possible, or does not pay."""
        ...

    def methods(self, image: Image) -> Iterable[MethodUsed]:
        """Return how the maps of a picture are computed."""
        ...
