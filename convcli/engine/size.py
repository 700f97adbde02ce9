"""How large the result of a convolution or pooling is."""

from typing import overload

from convcli.choices import as_pair
from convcli.engine.window import Window

__all__ = ["output_size"]


@overload
def output_size(
    size: int,
    kernel: object,
    stride: object = 1,
    padding: object = 0,
    dilation: object = 1,
    ceil: bool = False,
) -> int: ...
@overload
def output_size(
    size: tuple[int, int],
    kernel: object,
    stride: object = 1,
    padding: object = 0,
    dilation: object = 1,
    ceil: bool = False,
) -> tuple[int, int]: ...
def output_size(
    size: int | tuple[int, int],
    kernel: object,
    stride: object = 1,
    padding: object = 0,
    dilation: object = 1,
    ceil: bool = False,
) -> int | tuple[int, int]:
    """Return the size of a convolution or pooling: ``floor((n + p - d*(k - 1) - 1) / s) + 1``.

    Here ``p`` counts the padding of both sides together.

    Parameters
    ----------
    size : int or (rows, columns)
        Of the input; the result is of the same kind.
    kernel, stride, dilation : int or (rows, columns)
        Of the sliding window.
    padding : int, (rows, columns), ((top, bottom), (left, right)), "same", "full" or "valid"
        Pixels made up beyond the edges.
    ceil : bool
        Round up instead of down, so that the last window (the only one, too) may hang over the far edge;
        one that would begin beyond the input and its near padding is dropped, as PyTorch does.

    Raises
    ------
    GeometryError
        Not even one window fits; all the numbers are named.
    UsageError
        An argument is malformed or too small.

    References
    ----------
    Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016.
    """
    sizes = as_pair(size, "size", least=0)
    window = Window.parse(kernel, stride=stride, padding=padding, dilation=dilation, pad=None)
    made = window.output_size(sizes, ceil=ceil)
    return made if isinstance(size, tuple | list) else made[0]
