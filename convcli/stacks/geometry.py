"""What layers do to sizes: output sizes, receptive fields, unused padding. No NumPy here."""

from collections.abc import Iterator, Sequence
from math import ceil, floor
from typing import NamedTuple

from convcli.engine.window import Axis

__all__ = ["Window", "even_sizes", "receptive_field", "sizes"]

SEARCH = 1024
"""How far from the given size an even one is looked for."""


class Window(NamedTuple):
    """One layer along one axis: a sliding window, all of the axis, or a whole factor larger.

    Attributes
    ----------
    kernel, stride, dilation
        Of the window.
    before, after
        Pixels made up on either side.
    ceil
        The last window may hang over the far edge.
    whole
        One window sees everything.
    factor, linear
        How many times larger the result is, and whether it lies between two neighbours.
    """

    kernel: int = 1
    stride: int = 1
    dilation: int = 1
    before: int = 0
    after: int = 0
    ceil: bool = False
    whole: bool = False
    factor: int = 1
    linear: bool = False

    @property
    def axis(self) -> Axis:
        """The sliding window."""
        return Axis(self.kernel, self.stride, self.before, self.after, self.dilation)

    @property
    def span(self) -> int:
        """Pixels from the first of a window to its last."""
        return self.axis.span

    def size(self, before: int) -> int:
        """Return the size of the result; 0 where not even one window fits."""
        if self.whole:
            return 1
        if before + self.before + self.after < self.span:
            return 0
        return self.axis.output_size(before, self.ceil) * self.factor

    def unused(self, size: int) -> int:
        """Return how many made-up pixels at the far edge no window reaches, though the near edge is seen."""
        if self.whole or self.ceil or self.stride == 1 or not self.before or not self.after:
            return 0
        return min(self.after, (size + self.before + self.after - self.span) % self.stride)

    def sees(self, first: int, last: int, size: int) -> tuple[int, int]:
        """Return the first and last input position behind outputs `first` to `last`, edges ignored."""
        if self.whole:
            return 0, size - 1
        if self.factor > 1 and self.linear:
            low, high = ((at + 0.5) / self.factor - 0.5 for at in (first, last))
            return floor(low), ceil(high)
        if self.factor > 1:
            return first // self.factor, last // self.factor
        return first * self.stride - self.before, last * self.stride - self.before + self.span - 1


def sizes(windows: Sequence[Window], size: int) -> list[int]:
    """Return `size` and the size behind each layer, up to the first that is nothing."""
    found = [size]
    for window in windows:
        found.append(window.size(found[-1]))
        if found[-1] < 1:
            break
    return found


def receptive_field(windows: Sequence[Window], size: int) -> int:
    """Return over how many input positions one result can depend on, the picture's edges ignored.

    Behind layers that enlarge, neighbouring results see windows of different sizes: the largest counts.
    `size` is the input's; it matters to layers whose window sees everything.

    References
    ----------
    Araujo, Norris and Sim, Computing receptive fields of convolutional neural networks, Distill 2019.
    """
    inputs = sizes(windows, size)
    phases = 1
    for window in windows:
        phases *= window.factor
    return max(_field(windows, inputs, phase) for phase in range(phases))


def _field(windows: Sequence[Window], inputs: Sequence[int], at: int) -> int:
    first = last = at
    for window, size in zip(reversed(windows), reversed(inputs[: len(windows)]), strict=True):
        first, last = window.sees(first, last, size)
    return last - first + 1


def even_sizes(windows: Sequence[Window], size: int) -> tuple[int, ...]:
    """Return the nearest input sizes, below and above `size`, for which no layer leaves padding unused.

    Empty where none is near.

    References
    ----------
    Alsallakh, Kokhlikyan, Miglani, Yuan and Reblitz-Richardson, Mind the Pad: CNNs can develop blind spots,
    ICLR 2021.
    """
    below = next((n for n in range(size - 1, max(0, size - SEARCH), -1) if _is_even(windows, n)), None)
    above = next((n for n in range(size + 1, size + SEARCH) if _is_even(windows, n)), None)
    return tuple(n for n in (below, above) if n is not None)


def _is_even(windows: Sequence[Window], size: int) -> bool:
    return all(left == 0 for left in _unused(windows, size))


def _unused(windows: Sequence[Window], size: int) -> Iterator[int]:
    found = sizes(windows, size)
    if found[-1] < 1:
        yield -1  # too small for the layers
        return
    for window, n in zip(windows, found, strict=False):
        yield window.unused(n)
