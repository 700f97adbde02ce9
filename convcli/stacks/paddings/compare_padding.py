"""``compare_padding``: the errors of padding modes with one kernel, applied once or several times."""

import math
from collections.abc import Sequence

from numpy.typing import ArrayLike

from convcli.choices import Combine, PadMode
from convcli.engine.arrays import Array, as_array, check_magnitude
from convcli.engine.window import Window
from convcli.errors import GeometryError, KernelError, UsageError, shown
from convcli.kernels.kernel import Kernel
from convcli.limits import COMPARED_LAYERS, WINDOW
from convcli.parsing import as_pair, finite
from convcli.stacks.convolutions import KernelConv
from convcli.stacks.layers import channels_first
from convcli.stacks.paddings.border_band import Comparison, data_range
from convcli.stacks.paddings.compare_stack import ALL_MODES, compare_stack
from convcli.stacks.paddings.placing import check_inside, frame
from convcli.stacks.stack import Scale, Stack

__all__ = ["compare_padding", "kernel_stack"]


def kernel_stack(kernel: Kernel, window: Window, *, layers: int = 1, bias: float = 0.0) -> Stack:
    """Return a stack of `layers` convolutions with the same kernel."""
    layers = as_pair(layers, "layers")[0]
    COMPARED_LAYERS.check(layers, "use fewer: the band soon covers the picture")
    if len({part.shape[-2:] for part in kernel.components}) > 1:
        raise UsageError(f"the kernels of {kernel.name!r} differ in size", hint="compare one at a time")
    if kernel.combine is Combine.ORIENTATION:
        raise UsageError(f"{kernel.name!r} gives angles, whose difference means little", hint="use magnitude")
    each = tuple(
        KernelConv(
            type="conv",
            name=f"{kernel.stem}{index}",
            kernels=kernel.components,
            biases=kernel.bias,
            combine=kernel.combine,
            bias=bias,
            window=window,
        )
        for index in range(1, layers + 1)
    )
    return Stack(kernel.stem, Scale.BYTE, False, each)


def compare_padding(
    image: ArrayLike,
    kernel: ArrayLike | Kernel,
    *,
    crop: int | None = None,
    truth: ArrayLike | None = None,
    offset: tuple[int, int] = (0, 0),
    layers: int = 1,
    pads: Sequence[PadMode | str] = ALL_MODES,
    pad_value: float = 0.0,
    stride: object = 1,
    dilation: object = 1,
    bias: float = 0.0,
    peak: float | None = None,
    jobs: int | None = None,
) -> list[Comparison]:
    """Measure what each padding mode does to the border of a correlation.

    Parameters
    ----------
    image : (H, W) or (H, W, C) array
        Of any real type; computed in float64, each channel alike.
    kernel : (kh, kw) array or Kernel
        Correlated with the image, padding ``same``; the components of a Kernel are combined by its `combine`.
    crop : int, optional
        Cut this many pixels off each side of `image`; they give the truth.
    truth : array, optional
        A larger image instead, that holds `image` with its first pixel at `offset`.
    layers : int
        How many times the kernel is applied, each time to the previous result.
    pads : modes
        The modes to compare; by default all.
    pad_value : float
        Padding value of mode ``constant``.
    stride, dilation : int or (rows, columns)
    bias : float
        Added in each layer.
    peak : float, optional
        The range of the data, for PSNR and SSIM. By default 255 for uint8 and 65535 for uint16; for other
        types 1 where all values lie within 0 and 1, else the greatest minus the least.

    Returns
    -------
    list of Comparison
        One for each mode: see :class:`Comparison`. The border band is the results that
        depend on padding: with stride 1 the outermost ``d*(k - 1)/2`` pixels times `layers`. Without `crop`
        and `truth`, errors are differences from the median of the modes.

    Raises
    ------
    GeometryError
        The image is too small, `truth` does not contain it, or there is no border: a kernel of 1 x 1.
    UsageError, KernelError
        Another argument is malformed.

    References
    ----------
    Wang, Bovik, Sheikh and Simoncelli, Image quality assessment: from error visibility to structural
    similarity, IEEE Trans. Image Processing 13(4), 2004 (SSIM).
    """
    picture = _planes(image, "image")
    if crop is not None and truth is not None:
        raise UsageError("crop and truth exclude each other", hint="give one of them")
    larger = None if truth is None else _planes(truth, "truth")
    x = picture
    if crop is not None:
        crop = as_pair(crop, "crop")[0]
        rows, columns = frame((picture.shape[1], picture.shape[2]), crop)
        larger, x, offset = picture, picture[:, rows, columns], (crop, crop)
    elif larger is not None:
        offset = as_pair(offset, "offset", least=-WINDOW.most)
        check_inside(x, larger, offset)
    found = kernel if isinstance(kernel, Kernel) else Kernel.of(as_array(kernel, "kernel", KernelError))
    window = Window.parse(found.components[0].shape[-2:], stride=stride, dilation=dilation, pad=PadMode.ZERO)
    stack = kernel_stack(found, window, layers=layers, bias=bias)
    try:
        modes = [PadMode.parse(pad) for pad in pads]
    except TypeError:
        raise UsageError(f"pads {shown(pads)} is no list", hint="give a list of padding modes") from None
    extent = data_range(picture) if peak is None else finite(peak, "peak")
    if extent < 0:
        raise UsageError(f"peak {extent:g} is negative", hint="give the range of the data")
    check_magnitude(extent, "peak")
    return compare_stack(
        stack, x, larger=larger, offset=offset, pads=modes, pad_value=pad_value, peak=extent, jobs=jobs
    ).modes


def _planes(image: ArrayLike, what: str) -> Array:
    picture = as_array(image, what, GeometryError)
    if picture.ndim not in (2, 3) or 0 in picture.shape:
        raise GeometryError(f"{what} of shape {picture.shape} is not a picture", hint="give H x W (x C)")
    if not math.isfinite(float(picture.max()) - float(picture.min())):
        raise GeometryError(f"{what} has values that are not finite", hint="replace them first")
    return channels_first(picture)
