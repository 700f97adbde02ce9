"""Targets of signals that are longer than their inputs: what convolution gives wherever the two overlap.

That is the default of ``np.convolve``, and padding ``full`` with zeros here.
"""

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from convcli.choices import PadMode
from convcli.commands.learn.spec import AUTO, LearnSpec
from convcli.engine.pad import pad2d

__all__ = ["full_size", "padded_to_full"]

Array = NDArray[Any]


def full_size(inputs: Sequence[Array], targets: Sequence[Array], spec: LearnSpec) -> tuple[int, int] | None:
    """Return the size of the kernel of one row for which padding ``full`` makes the targets, if one does.

    A kernel of k weights makes them longer by k - 1 samples.
    """
    longer = {
        (after.shape[0], after.shape[1] - before.shape[1])
        for before, after in zip(inputs, targets, strict=True)
    }
    rows, more = longer.pop()
    size = (1, more + 1)
    asked = spec.size in (AUTO, size) and spec.pad in (AUTO, PadMode.ZERO) and spec.stride[1] == 1
    return size if asked and not longer and rows == 1 and more > 0 else None


def padded_to_full(inputs: Sequence[Array], size: tuple[int, int]) -> list[Array]:
    """Return the inputs with the zeros that a kernel of `size` reads where it overlaps them at all."""
    beside = size[1] - 1
    return [pad2d(each, ((0, 0), (beside, beside)), PadMode.ZERO) for each in inputs]
