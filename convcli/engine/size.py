"""How large a result is, and how many pixels are made up beyond each edge."""

from typing import cast, overload

from convcli.choices import Edges, PadMode, as_padding, as_pair
from convcli.errors import GeometryError, UsageError

__all__ = ["check_padded", "edges", "extent", "output_size"]


def extent(kernel: int, dilation: int) -> int:
    """Return how many pixels a dilated kernel spans: ``d * (k - 1) + 1``."""
    return dilation * (kernel - 1) + 1


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
        Pixels made up beyond the edges, as :func:`edges` reads them.
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
    kernels, strides = as_pair(kernel, "kernel size"), as_pair(stride, "stride")
    dilations = as_pair(dilation, "dilation")
    sides = edges(padding, kernels, dilations)
    if not ceil:
        check_padded(sizes, kernels, dilations, sides)
    results = []
    for n, k, s, d, (before, after) in zip(sizes, kernels, strides, dilations, sides, strict=True):
        room = n + before + after - extent(k, d)
        count = room // s + 1
        if ceil and room % s and count * s < n + before:
            count += 1
        if count < 1:
            check_padded(sizes, kernels, dilations, sides)
        results.append(count)
    return (results[0], results[1]) if isinstance(size, tuple | list) else results[0]


def edges(
    padding: object, kernel: tuple[int, int], dilation: tuple[int, int], pad: PadMode | None = None
) -> Edges:
    """Return how many pixels `padding` makes up beyond each edge, ``((top, bottom), (left, right))``.

    ``same`` is ``d * (k - 1)`` in all, the extra pixel of an even kernel at the bottom and right;
    ``full`` is ``d * (k - 1)`` on each side; ``valid``, and `pad` being ``PadMode.VALID``, is none.

    Raises
    ------
    UsageError
        `padding` is malformed, or asks for pixels that ``PadMode.VALID`` does not make up.
    """
    wanted = as_padding(padding)
    if pad is PadMode.VALID and wanted not in ("same", "valid", ((0, 0), (0, 0))):
        raise UsageError(f"padding {padding!r} contradicts the mode 'valid'", hint="leave one of them out")
    if wanted == "valid" or pad is PadMode.VALID:
        return ((0, 0), (0, 0))
    if not isinstance(wanted, str):
        return wanted
    reach = [extent(k, d) - 1 for k, d in zip(kernel, dilation, strict=True)]
    sides = [(r, r) if wanted == "full" else (r // 2, r - r // 2) for r in reach]
    return cast(Edges, tuple(sides))


def check_padded(
    size: tuple[int, int],
    kernel: tuple[int, int],
    dilation: tuple[int, int],
    sides: Edges,
    what: str = "kernel",
) -> None:
    """Raise GeometryError, naming all numbers, where the kernel is larger than the padded picture."""
    padded = [n + before + after for n, (before, after) in zip(size, sides, strict=True)]
    spans = [extent(k, d) for k, d in zip(kernel, dilation, strict=True)]
    if spans[0] <= padded[0] and spans[1] <= padded[1]:
        return
    span = f"{kernel[0]}x{kernel[1]}"
    if dilation != (1, 1):
        span += f" (dilated to {spans[0]}x{spans[1]})"
    room = f"{size[0]}x{size[1]}"
    if padded != list(size):
        room += f" (padded to {padded[0]}x{padded[1]})"
    raise GeometryError(
        f"{what} {span} is larger than the picture {room}", hint=f"pad it, or use a smaller {what}"
    )
