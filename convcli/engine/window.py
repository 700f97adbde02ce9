"""The sliding window: size, stride, padding and dilation, shared by every operation. No NumPy here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import NamedTuple, Self, cast

from convcli.choices import PadMode
from convcli.errors import GeometryError, UsageError
from convcli.limits import GROWN, GROWTH, MAP_GROWTH, MAP_VALUES, SIDE, VALUES
from convcli.parsing import Padding, PaddingPixels, as_padding, as_pair, finite

__all__ = ["NO_PADDING", "Axis", "Window", "check_growth", "extent", "size_text"]

# Padding of 0 pixels on each side.
NO_PADDING: PaddingPixels = ((0, 0), (0, 0))


def extent(size: int, dilation: int) -> int:
    """Return how many pixels a dilated kernel spans: ``d * (k - 1) + 1``."""
    return dilation * (size - 1) + 1


class Axis(NamedTuple):
    """A window along one axis; `low` and `high` are the pixels of padding before and after the picture.

    Padded positions count from the first pixel of padding: tap ``i`` of output ``m`` reads position
    ``m * stride + i * dilation``, and the picture lies at ``low`` to ``low + n``.
    """

    size: int
    stride: int = 1
    low: int = 0
    high: int = 0
    dilation: int = 1

    @property
    def span(self) -> int:
        """Pixels from the first tap to the last."""
        return extent(self.size, self.dilation)

    def output_size(self, n: int, ceil: bool = False) -> int:
        """Return ``floor((n + low + high - span) / stride) + 1``, 0 or less where no window fits.

        `ceil` rounds up instead, but drops a window that would begin in the padding after the picture, as
        PyTorch does.
        """
        free = n + self.low + self.high - self.span
        count = free // self.stride + 1
        return count + (ceil and free % self.stride > 0 and count * self.stride < n + self.low)

    def reads(self, first: int, end: int) -> tuple[int, int]:
        """Return the padded positions, the end excluded, that outputs `first` to `end` (excluded) read."""
        return first * self.stride, (end - 1) * self.stride + self.span

    def interior(self, n: int) -> tuple[int, int]:
        """Return the outputs, the end excluded, whose windows read no padding; empty where first >= end."""
        return -(-self.low // self.stride), (self.low + n - self.span) // self.stride + 1


@dataclass(frozen=True)
class Window:
    """How a window slides over a picture, and how the picture is padded; pairs are (rows, columns).

    Attributes
    ----------
    size : (int, int)
        Taps of the kernel or pooling window.
    stride, dilation : (int, int)
        Pixels between neighbouring windows, and between neighbouring taps.
    padding : ((top, bottom), (left, right))
        Pixels of padding on each side.
    mode : PadMode or None
        Padding mode; None, for pooling, is neutral padding, which never counts. The default is that of
        layers; :meth:`parse` and :meth:`of` have that of :func:`correlate` and of the command line, reflect.
    pad_value : float
        Padding value of mode ``constant``, in the picture's units.

    References
    ----------
    XLA's ``Window`` and ``WindowDimension`` (https://openxla.org/xla/operation_semantics#convwithgeneralpadding_convolution).
    """

    size: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: PaddingPixels = NO_PADDING
    dilation: tuple[int, int] = (1, 1)
    mode: PadMode | None = PadMode.ZERO
    pad_value: float = 0.0

    @classmethod
    def parse(
        cls,
        size: object,
        *,
        stride: object = 1,
        padding: object = "same",
        dilation: object = 1,
        pad: PadMode | str | None = PadMode.REFLECT,
        pad_value: float = 0.0,
    ) -> Self:
        """Parse ints or pairs, and padding as ``same``, ``full``, ``valid`` or in pixels; `pad` is the mode.

        ``same`` is ``d * (k - 1)`` in all, the extra pixel of an even kernel at the bottom and right;
        ``full`` is ``d * (k - 1)`` on each side; ``valid``, and `pad` being ``valid``, is none.
        """
        sizes, mode = as_pair(size, "kernel size"), None if pad is None else PadMode.parse(pad)
        strides, dilations = as_pair(stride, "stride"), as_pair(dilation, "dilation")
        value = finite(pad_value, "pad value")
        return cls.of(sizes, strides, as_padding(padding), dilations, mode, value)

    @classmethod
    def of(
        cls,
        size: tuple[int, int],
        stride: tuple[int, int] = (1, 1),
        padding: Padding = "same",
        dilation: tuple[int, int] = (1, 1),
        mode: PadMode | None = PadMode.REFLECT,
        pad_value: float = 0.0,
    ) -> Self:
        """Return the window of values that are parsed already, ``same`` and ``full`` turned into pixels."""
        return cls(size, stride, _pixels(padding, size, dilation, mode), dilation, mode, float(pad_value))

    @cached_property
    def axes(self) -> tuple[Axis, Axis]:
        """The window along the rows' axis (vertical) and along the columns' axis (horizontal)."""
        rows, columns = zip(self.size, self.stride, self.padding, self.dilation, strict=True)
        return Axis(*rows[:2], *rows[2], rows[3]), Axis(*columns[:2], *columns[2], columns[3])

    @cached_property
    def span(self) -> tuple[int, int]:
        """Rows and columns that the dilated window covers."""
        return extent(self.size[0], self.dilation[0]), extent(self.size[1], self.dilation[1])

    @property
    def taps(self) -> int:
        """Pixels that one window reads."""
        return self.size[0] * self.size[1]

    @property
    def constant(self) -> float:
        """Padding value of positions without a source pixel: 0 except in mode ``constant``."""
        return self.pad_value if self.mode is PadMode.CONSTANT else 0.0

    def output_size(
        self, shape: tuple[int, ...], *, ceil: bool = False, what: str = "kernel"
    ) -> tuple[int, int]:
        """Return the size of the result over a picture of `shape` (rows, columns, ...).

        Where no window fits, a GeometryError names the sizes, and calls the window `what`.
        """
        rows, columns = (axis.output_size(n, ceil) for axis, n in zip(self.axes, shape, strict=False))
        if rows < 1 or columns < 1:
            raise self._too_large(shape, what)
        padded = self.padded(shape)
        if max(rows * columns, padded[0] * padded[1], *self.span) > SIDE.most:  # else all is within limits
            self._check_limits(shape, padded, (rows, columns), what)
        return rows, columns

    def _check_limits(
        self, shape: tuple[int, ...], padded: tuple[int, int], made: tuple[int, int], what: str
    ) -> None:
        if max(self.span) > GROWTH * max(shape[:2]):
            name = f"{what} {size_text(self.span)}: its side"
            SIDE.check(max(self.span), f"use a smaller {what}", GeometryError, what=name)
        check_growth(shape, padded, f"picture padded to {size_text(padded)}")
        check_growth(shape, made, f"result of {size_text(made)}")

    def padded(self, shape: Sequence[int]) -> tuple[int, int]:
        """Return the rows and columns of a picture of `shape` with its padding."""
        (top, bottom), (left, right) = self.padding
        return shape[0] + top + bottom, shape[1] + left + right

    def reduced(self, shape: Sequence[int], made: tuple[int, int]) -> Self:
        """Return the window without what has no effect on a picture of `shape` and its result `made`.

        The stride along an axis of one position, and taps that lie beyond the padding at every position.
        """
        (high, wide), (down, along) = self.padded(shape), self.dilation
        size = min(self.size[0], -(-high // down)), min(self.size[1], -(-wide // along))
        stride = 1 if made[0] == 1 else self.stride[0], 1 if made[1] == 1 else self.stride[1]
        return self if (size, stride) == (self.size, self.stride) else replace(self, size=size, stride=stride)

    def unpadded(self) -> Self:
        """Return the same window for a picture that is padded already."""
        return replace(self, padding=NO_PADDING, mode=PadMode.VALID)

    def _too_large(self, shape: tuple[int, ...], what: str) -> GeometryError:
        padded = self.padded(shape)
        span = size_text(self.size)
        if self.dilation != (1, 1):
            span += f" (dilated to {size_text(self.span)})"
        picture = size_text(shape)
        if padded != tuple(shape[:2]):
            picture += f" (padded to {size_text(padded)})"
        return GeometryError(
            f"{what} {span} is larger than the picture {picture}", hint=f"pad it, or use a smaller {what}"
        )


def check_growth(
    shape: Sequence[int], made: tuple[int, int], what: str, maps: int = 1, hint: str = "use less padding"
) -> None:
    """Refuse to make so many values of a picture of `shape`, unless it is large itself.

    `made` has the rows and columns of each of `maps` maps; `what` names the result.
    """
    for n, before in zip(made, shape, strict=False):
        if n > GROWTH * before:
            SIDE.check(n, hint, GeometryError, what=f"{what}: its side")
    pixels, given = made[0] * made[1], shape[0] * shape[1]
    for limit, values, growth in (
        (VALUES, pixels, GROWTH),
        (GROWN, pixels * maps, MAP_GROWTH),
        (MAP_VALUES, pixels * maps, GROWTH),
    ):
        if values > growth * given:
            limit.check(values, hint, GeometryError, what=f"{what}: its size")


def size_text(pair: Sequence[int]) -> str:
    """Return rows and columns as errors write them, such as ``3x5``."""
    return f"{pair[0]}x{pair[1]}"


@lru_cache(maxsize=256)
def _pixels(
    padding: Padding, size: tuple[int, int], dilation: tuple[int, int], mode: PadMode | None
) -> PaddingPixels:
    """Return `padding` in pixels, ``((top, bottom), (left, right))``."""
    if mode is PadMode.VALID and padding not in ("same", "valid", NO_PADDING):
        raise UsageError(f"padding {padding!r} contradicts the mode 'valid'", hint="leave one of them out")
    if padding == "valid" or mode is PadMode.VALID:
        return NO_PADDING
    if not isinstance(padding, str):
        return padding
    reach = [extent(k, d) - 1 for k, d in zip(size, dilation, strict=True)]
    pairs = [(r, r) if padding == "full" else (r // 2, r - r // 2) for r in reach]
    return cast(PaddingPixels, tuple(pairs))
