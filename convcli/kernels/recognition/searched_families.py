"""The kernel families whose parameters are searched: limits, starting grids, and costs."""

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from convcli.display.words import per_axis
from convcli.errors import KernelError
from convcli.kernels import families
from convcli.kernels.kernel import Array
from convcli.limits import KERNEL_SIDE

__all__ = ["MAX_LENGTH_RATIO", "SEARCHED_FAMILIES", "Family", "Size", "Values", "resized"]

# Rows or columns of a kernel that is searched for, at most.
_SIDE = KERNEL_SIDE.most

Size = tuple[int, int]
Values = tuple[float, ...]

# Largest length or sigma, as a multiple of the matrix's longest side: larger ones look alike within it.
MAX_LENGTH_RATIO = 4.0


class Family(NamedTuple):
    """A family of kernels with real parameters.

    Attributes
    ----------
    name
        Of the kernel in the library.
    limits
        The searched parameters, each with its minimum and maximum (None: `MAX_LENGTH_RATIO` sides).
    grid
        The starting points of the search for a matrix of a given size.
    smallest, largest
        The smallest size that distinguishes this family from others, and its largest size.
    cost
        Cost of its name: of equally near names the cheapest wins.
    sized
        Whether it has the parameter ``size``; else the size follows from the others.
    fixed
        Values of parameters that are not searched.
    added
        Whether sums with the identity are tried.
    function, how
        The function that computes the kernel instead of the library's, and its description in words.
    """

    name: str
    limits: dict[str, tuple[float, float | None]]
    grid: Callable[[Size], Iterator[Values]]
    smallest: Size
    cost: float
    largest: Size = (_SIDE, _SIDE)
    sized: bool = True
    fixed: dict[str, float] = {}  # noqa: RUF012  # never written to
    added: bool = False
    function: Callable[..., Array] | None = None
    how: str = ""

    def make(self, values: Sequence[float], size: Size | None) -> Array:
        """Return the kernel of a size (None: the default)."""
        function: Callable[..., Array] = self.function or getattr(families, self.name)
        given: dict[str, Any] = {**dict(zip(self.limits, values, strict=True)), **self.fixed}
        given |= {} if size is None else {"size": size}
        return function(**{name.replace("-", "_"): value for name, value in given.items()})

    def within(self, values: Sequence[float], size: Size) -> Array | None:
        """Return the kernel cropped or padded to `size`; None where limits or parity forbid it."""
        for value, (low, high) in zip(values, self.limits.values(), strict=True):
            if not low <= value <= (high or MAX_LENGTH_RATIO * max(size)):
                return None
        try:
            made = self.make(values, size if self.sized else None)
        except KernelError:
            return None
        return resized(made, size)

    def spec(self, values: Sequence[float], digits: int, size: Size | None) -> str:
        """Return the SPEC of the kernel, with a size where one is given."""
        words = [
            f"{name}={value:.{max(6, digits)}g}" for name, value in zip(self.limits, values, strict=True)
        ]
        words += [f"{name}={value:g}" for name, value in self.fixed.items()]
        if size is not None:
            words.append(f"size={per_axis(size)}")
        return f"{self.name}:{','.join(words)}"


def resized(plane: Array, size: Size) -> Array | None:
    """Crop or pad with zeros about the middle; None where that would shift by half a pixel."""
    if any((own - side) % 2 for own, side in zip(plane.shape, size, strict=True)):
        return None
    for axis, side in enumerate(size):
        extra = (side - plane.shape[axis]) // 2
        if extra < 0:
            plane = np.take(plane, range(-extra, plane.shape[axis] + extra), axis=axis)
        elif extra:
            plane = np.pad(plane, [(extra, extra) if axis == n else (0, 0) for n in (0, 1)])
    return plane


def _sigmas(size: Size) -> list[float]:
    return list(map(float, np.geomspace(0.35, max(1.0, max(size) / 2), 9)))


def _one_sigma(size: Size) -> Iterator[Values]:
    return ((sigma,) for sigma in _sigmas(size))


def _two_sigmas(size: Size) -> Iterator[Values]:
    return product(_sigmas((1, size[1])), _sigmas((1, size[0])))


def _blobs(size: Size) -> Iterator[Values]:
    return product(_sigmas(size)[:6], (1.2, 1.6, 2.2, 4.0))


def _radii(size: Size) -> Iterator[Values]:
    reach = (max(size) - 1) / 2
    return ((radius,) for radius in np.linspace(max(0.51, reach - 0.45), reach + 0.5, 8).tolist())


def _lines(size: Size) -> Iterator[Values]:
    long = float(np.hypot(size[0] - 1, size[1] - 1)) + 1
    lean = float(np.degrees(np.arctan2(size[0] - 1, size[1] - 1)))
    angles = [angle for near in (lean, 180 - lean) for angle in (near - 6, near, near + 6)]
    return product((max(1.0, long - 1), long, long + 1), angles)


def _stripes(size: Size) -> Iterator[Values]:
    reach = max(size) / 2
    return product(
        (reach / 4, reach / 2.5),
        range(0, 180, 15),
        np.geomspace(2.5, max(3.0, 2 * reach), 6).tolist(),
        (0.5, 1.0),
        (0.0, 90.0),
    )


def box_blurs(sigma: float, passes: int = 3) -> Array:
    """Return the approximation of a Gaussian by `passes` box blurs of a fractional radius.

    The box has ``2 l + 1`` whole pixels and a fraction of one more on each side, so that `passes` of them
    have the variance ``sigma**2``.

    References
    ----------
    Gwosdek, Grewenig, Bruhn and Weickert, Theoretical foundations of Gaussian convolution by extended box
    filtering, 2011; Pillow's ``GaussianBlur``.
    """
    variance = sigma**2 / passes
    reach = int((np.sqrt(12 * variance + 1) - 1) // 2)
    part = (2 * reach + 1) * (reach * (reach + 1) - 3 * variance) / (6 * (variance - (reach + 1) ** 2))
    line = np.pad(np.ones(2 * reach + 1), 1, constant_values=part)
    row = line = line / line.sum()
    for _ in range(passes - 1):
        row = np.convolve(row, line)
    return np.outer(row, row)


# Limits of lengths in pixels and of angles in degrees, wider than one turn for the search to cross 0.
_LENGTH = (0.1, None)
_ANGLE = (-200.0, 400.0)
_GABOR = {"wavelength": (2.0, None), "gamma": (0.01, 100.0), "psi": (-400.0, 400.0)}

# The families that are searched, the simplest first.
SEARCHED_FAMILIES = (
    Family("gaussian", {"sigma": _LENGTH}, _one_sigma, (2, 2), 1.0, added=True),
    Family("gaussian", {"sigma-x": _LENGTH}, _one_sigma, (1, 3), 1.0, (1, _SIDE), fixed={"sigma-y": 0}),
    Family("gaussian", {"sigma-y": _LENGTH}, _one_sigma, (3, 1), 1.0, (_SIDE, 1), fixed={"sigma-x": 0}),
    Family("disk", {"radius": (0.51, None)}, _radii, (3, 3), 1.2, sized=False),
    Family(
        "gaussian",
        {"sigma": _LENGTH},
        _one_sigma,
        (3, 3),
        1.3,
        sized=False,
        added=True,
        function=box_blurs,
        how="by three box blurs",
    ),
    Family("log", {"sigma": _LENGTH}, _one_sigma, (5, 5), 1.4),
    Family("gaussian", {"sigma-x": _LENGTH, "sigma-y": _LENGTH}, _two_sigmas, (3, 3), 2.0),
    Family("motion", {"length": (1.0, None), "angle": _ANGLE}, _lines, (1, 1), 2.2, sized=False),
    Family("dog", {"sigma": (0.5, None), "k": (1.01, 10.0)}, _blobs, (5, 5), 2.4),
    Family("gabor", {"sigma": _LENGTH, "theta": _ANGLE, **_GABOR}, _stripes, (7, 7), 4.0),
)
