"""The output size of a convolution or pooling."""

from typing import TypeVar

from convcli.engine.window import Window
from convcli.parsing import as_pair

__all__ = ["output_size"]

Size = TypeVar("Size", int, tuple[int, int])


def output_size(
    size: Size,
    kernel: object,
    stride: object = 1,
    padding: object = 0,
    dilation: object = 1,
    ceil: bool = False,
) -> Size:
    """Return the size of a convolution or pooling: ``floor((n + p - d*(k - 1) - 1) / s) + 1``.

    Here ``p`` counts the padding of both sides together.

    Parameters
    ----------
    size : int or (rows, columns)
        Size of the input in pixels; the result is an int, or a pair, as this is.
    kernel, stride, dilation : int or (rows, columns)
        Size, stride and dilation of the sliding window.
    padding : int, (rows, columns), ((top, bottom), (left, right)), "same", "full" or "valid"
        Pixels of padding on each side.
    ceil : bool
        Round up instead of down, so that the last window (the only one, too) may extend past the padding; one
        that would begin in the padding after the input is dropped, as PyTorch does.

    Raises
    ------
    GeometryError
        No window fits; the message names the sizes.
    UsageError
        An argument is malformed or too small.

    References
    ----------
    Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016.
    """
    sizes = as_pair(size, "size", least=0)
    window = Window.parse(kernel, stride=stride, padding=padding, dilation=dilation, pad=None)
    made = window.output_size(sizes, ceil=ceil)
    if isinstance(size, tuple | list):
        return made
    return made[0]
