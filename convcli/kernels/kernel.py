"""`Kernel`: one or more arrays of weights, how their results are combined, and biases; checked when made."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convcli.choices import Combine
from convcli.errors import KernelError, shown
from convcli.kernels.analysis import Symmetry, gain, rank, symmetry
from convcli.limits import KERNEL_SIDE, MAPS, WEIGHTS

__all__ = ["AXES_HINT", "PLACES", "Array", "Kernel", "as_weights", "joins"]

Array = NDArray[np.float64]
T = TypeVar("T")

AXES_HINT = "a kernel has 2 axes (rows, columns), 1 (a row), 3 (channels first) or 4 (maps first)"

# Names of the axes of weights, by the number of axes.
PLACES = {2: ("row", "column"), 3: ("channel", "row", "column"), 4: ("map", "channel", "row", "column")}


@dataclass(frozen=True, eq=False)
class Kernel:
    """One kernel, or several whose results are combined.

    Attributes
    ----------
    name
        The SPEC in its shortest form, or the file's stem.
    components
        Read-only float64 arrays: kh x kw (applied to each channel) or C x kh x kw (summed over channels).
    combine
        How the results of several components are combined; ``none`` gives a feature map each.
    bias
        Added to each component's result; zeros unless given.
    source
        A citation or a file name.
    notes
        Remarks on how it was read, a sentence each.

    Raises
    ------
    KernelError
        A component is empty, too large, not finite or of the wrong number of axes, or `bias` or `combine`
        do not fit the number of components.
    """

    name: str
    components: tuple[Array, ...]
    combine: Combine = Combine.NONE
    bias: tuple[float, ...] = ()
    source: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        what = f"kernel {shown(self.name)}"
        if not self.components:
            raise KernelError(f"{what} has no components", hint="give at least one array of weights")
        MAPS.check(len(self.components), "split it", KernelError, what=f"{what}: its number of maps")
        parts = tuple(as_weights(component, what, most_axes=3) for component in self.components)
        WEIGHTS.check(sum(part.size for part in parts), "split it", KernelError, what=f"{what}: its size")
        bias = tuple(float(value) for value in self.bias) or (0.0,) * len(parts)
        if len(bias) != len(parts):
            raise KernelError(
                f"{what} has {len(bias)} biases for {len(parts)} components",
                hint="give one bias per component",
            )
        if not all(map(math.isfinite, bias)):
            raise KernelError(f"{what}: bias {bias} is not finite", hint="give finite numbers")
        if len(parts) == 1 and self.combine is not Combine.NONE:
            raise KernelError(
                f"{what} has one component, so nothing to combine by {self.combine}", hint="leave combine out"
            )
        object.__setattr__(self, "components", parts)
        object.__setattr__(self, "bias", bias)

    @classmethod
    def of(
        cls,
        weights: ArrayLike,
        *,
        name: str = "matrix",
        bias: Sequence[float] = (),
        source: str = "",
        what: str = "",
        notes: tuple[str, ...] = (),
    ) -> Self:
        """Make a kernel of an array of 1 to 4 axes: a row, kh x kw, C x kh x kw, or O x C x kh x kw (O maps).

        `what` names it in errors; by default they use `name`.
        """
        array = as_weights(weights, what or f"kernel {shown(name)}")
        parts = tuple(array) if array.ndim == 4 else (array,)
        return cls(name, parts, bias=tuple(bias), source=source, notes=notes)

    @property
    def weights(self) -> Array | tuple[Array, ...]:
        """The array, or one per component where there are several."""
        return self.components[0] if len(self.components) == 1 else self.components

    @property
    def stem(self) -> str:
        """A short name that is safe in file names, such as ``gaussian`` for ``gaussian:sigma=2``."""
        return (
            re.sub(r"[^\w.+-]+", "-", self.name.partition(":")[0], flags=re.ASCII).strip("-.")[:60]
            or "kernel"
        )

    @property
    def rank(self) -> int | tuple[int, ...]:
        """Rank of the matrix, 1 where it is separable; one per component where there are several."""
        return self._each(rank)

    @property
    def symmetry(self) -> Symmetry | tuple[Symmetry, ...]:
        """Symmetry of the weights; one per component where there are several."""
        return self._each(symmetry)

    @property
    def gain(self) -> float | tuple[float, ...]:
        """Sum of the weights, the factor of a flat picture; one per component where there are several."""
        return self._each(gain)

    def _each(self, describe: Callable[[Array], T]) -> T | tuple[T, ...]:
        found = tuple(map(describe, self.components))
        return found[0] if len(found) == 1 else found

    def rotated(self) -> "Kernel":
        """Return the kernel rotated by 180 degrees: correlating with it is convolving with this one."""
        return replace(self, components=tuple(part[..., ::-1, ::-1] for part in self.components))

    def normalized(self) -> "Kernel":
        """Return each component divided by its sum, or by the sum of magnitudes where that sum is 0.

        A sum below 1e-12 of the sum of magnitudes counts as 0. The bias stays as it is.

        Raises
        ------
        KernelError
            All weights of a component are zero.
        """
        return replace(self, components=tuple(self._normalized(part) for part in self.components))

    def _normalized(self, part: Array) -> Array:
        size = float(np.abs(part).max())
        if size == 0:
            raise KernelError(
                f"kernel {shown(self.name)} is all zeros, so it cannot be normalized",
                hint="leave --normalize out",
            )
        with np.errstate(over="ignore"):
            total = gain(part) or float(np.abs(part).sum())
        if not math.isfinite(total):
            return self._normalized(part / size / part.size)
        return part / total

    def __repr__(self) -> str:
        shapes = ", ".join("x".join(map(str, part.shape)) for part in self.components)
        joined = "" if self.combine is Combine.NONE else f", combine={self.combine.value}"
        return f"Kernel({self.name!r}, {shapes}{joined})"


def as_weights(values: ArrayLike, what: str, most_axes: int = 4) -> Array:
    """Return `values` as a read-only float64 array of 2 to `most_axes` axes; one axis becomes a row."""
    array = np.asarray(values)
    array = array[np.newaxis] if array.ndim == 1 else array
    if array.dtype.kind not in "biuf":
        kind = {"c": "complex numbers", "O": "objects", "V": "records"}.get(
            array.dtype.kind, array.dtype.name
        )
        raise KernelError(f"{what} holds {kind}, not real numbers", hint="store it as float64")
    size = " x ".join(map(str, array.shape)) or "1"
    if array.size == 0:
        raise KernelError(f"{what} is empty: its size is {size}", hint="give at least one weight")
    if not 2 <= array.ndim <= most_axes:
        found = f"has {array.ndim} axes" if array.ndim else "is a single number"
        raise KernelError(f"{what} {found}", hint=AXES_HINT)
    if max(array.shape[-2:]) > KERNEL_SIDE.most or array.size > WEIGHTS.most:
        raise KernelError(
            f"{what} is too large: {size}",
            hint=f"at most {KERNEL_SIDE.most} rows and columns, and {WEIGHTS.most} weights in all",
        )
    # A wider float that does not fit becomes inf, and is refused as such, as a signalling NaN is.
    with np.errstate(over="ignore", invalid="ignore"):
        kept = array.base is None and not array.flags.writeable  # nobody else can change it
        weights = np.array(array, dtype=np.float64, order="C", copy=None if kept else True)
    bad = np.argwhere(~np.isfinite(weights))
    if len(bad):
        where = ", ".join(f"{axis} {i + 1}" for axis, i in zip(PLACES[array.ndim], bad[0], strict=True))
        raise KernelError(f"{what}: {weights[tuple(bad[0])]} at {where}", hint="every weight must be finite")
    weights.flags.writeable = False
    return weights


def joins(components: Sequence[Array], combine: Combine) -> bool:
    """Return whether several components form one O x C x kh x kw array."""
    shapes = {component.shape for component in components}
    return combine is Combine.NONE and len(shapes) == 1 and components[0].ndim == 3
