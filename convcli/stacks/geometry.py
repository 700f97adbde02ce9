"""Output sizes, receptive fields and unused padding of a stack, along one axis. No NumPy here."""

from collections.abc import Sequence
from math import ceil, floor, gcd
from typing import NamedTuple

from convcli.engine.window import Axis

__all__ = ["AxisMap", "even_sizes", "output_sizes", "receptive_field", "receptive_fields"]

# Pixels by which a suggested size without unused padding may differ from the given one, at most.
EVEN_SIZE_SEARCH = 1024


class AxisMap(NamedTuple):
    """The input positions that each output of a layer depends on, along one axis.

    Attributes
    ----------
    window, ceil
        The sliding window, and whether the last one may extend past the padding.
    whole
        Global pooling: one window over the whole axis instead.
    factor, linear
        Upsampling factor, and whether it interpolates linearly between two neighbours.
    """

    window: Axis = Axis(1)
    ceil: bool = False
    whole: bool = False
    factor: int = 1
    linear: bool = False

    @property
    def pads(self) -> bool:
        """Whether any output may depend on padding, or its window extend past the picture."""
        return bool(self.window.low or self.window.high) or self.ceil or self.linear or self.whole

    def output_size(self, n: int) -> int:
        """Return the output size; 0 where no window fits."""
        if self.whole:
            return 1
        if n + self.window.low + self.window.high < self.window.span:
            return 0
        return self.window.output_size(n, self.ceil) * self.factor

    def unused_padding(self, n: int) -> int:
        """Return the pixels of padding at the end that no window reads, where those at the start are read."""
        _, stride, low, high, _ = self.window
        if self.whole or self.ceil or stride == 1 or not low or not high:
            return 0
        return min(high, (n + low + high - self.window.span) % stride)

    def inputs(self, first: int, last: int, n: int) -> tuple[int, int]:
        """Return the first and last input position, not clipped, that outputs `first` to `last` read."""
        if self.whole:
            return 0, n - 1
        if self.linear and self.factor > 1:
            low, high = ((at + 0.5) / self.factor - 0.5 for at in (first, last))
            return floor(low), ceil(high)
        if self.factor > 1:
            return first // self.factor, last // self.factor
        start, end = self.window.reads(first, last + 1)
        return start - self.window.low, end - self.window.low - 1


def output_sizes(maps: Sequence[AxisMap], n: int) -> list[int]:
    """Return `n` and the size after each layer, up to the first that is 0."""
    found = [n]
    for one in maps:
        found.append(one.output_size(found[-1]))
        if found[-1] < 1:
            break
    return found


def receptive_field(maps: Sequence[AxisMap], n: int) -> int:
    """Return the receptive field of all layers: the last of :func:`receptive_fields`."""
    return receptive_fields(maps, n)[-1]


def receptive_fields(maps: Sequence[AxisMap], n: int) -> list[int]:
    """Return the receptive field after each layer, in pixels of an input of size `n`, padding included.

    After upsampling, neighbouring results depend on ranges of different sizes: the maximum is returned.

    References
    ----------
    Araujo, Norris and Sim, Computing receptive fields of convolutional neural networks, Distill 2019.
    """
    first = last = _Positions([0], 1)
    fields = []
    for one in maps:
        first, last = first.before(one, n, 0), last.before(one, n, 1)
        fields.append(max(b - a for a, b in zip(first.table, last.table, strict=True)) + 1)
        n = one.output_size(n)
    return fields


class _Positions(NamedTuple):
    """The position in the stack's input of each result: ``p(m + len(table)) = p(m) + step``."""

    table: list[int]
    step: int

    def at(self, m: int) -> int:
        turns, rest = divmod(m, len(self.table))
        return self.table[rest] + turns * self.step

    def before(self, one: AxisMap, n: int, end: int) -> "_Positions":
        """Return the positions of the first input (`end` 0) or the last (1) of one more layer's results."""
        if one.whole or one.output_size(n) == 1:
            return _Positions([self.at(one.inputs(0, 0, n)[end])], 0)
        period = len(self.table)
        if one.factor > 1:
            again, step = period * one.factor, self.step
        else:
            again = period // gcd(period, one.window.stride)
            step = self.step * (again * one.window.stride // period)
        return _Positions([self.at(one.inputs(m, m, n)[end]) for m in range(again)], step)


def even_sizes(maps: Sequence[AxisMap], n: int) -> tuple[int, ...]:
    """Return the nearest input sizes, below and above `n`, for which no layer leaves padding unused.

    Empty where none is within EVEN_SIZE_SEARCH pixels.

    References
    ----------
    Alsallakh, Kokhlikyan, Miglani, Yuan and Reblitz-Richardson, Mind the Pad: CNNs can develop blind spots,
    ICLR 2021.
    """
    below = next((m for m in range(n - 1, max(0, n - EVEN_SIZE_SEARCH), -1) if _is_even(maps, m)), None)
    above = next((m for m in range(n + 1, n + EVEN_SIZE_SEARCH) if _is_even(maps, m)), None)
    return tuple(m for m in (below, above) if m is not None)


def _is_even(maps: Sequence[AxisMap], n: int) -> bool:
    found = output_sizes(maps, n)
    return found[-1] > 0 and not any(one.unused_padding(m) for one, m in zip(maps, found, strict=False))
