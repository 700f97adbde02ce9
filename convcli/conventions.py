"""How filtering differs between tools. No NumPy here.

`convcli translate` writes its comments from it, and docs/borders.md its tables.
"""

from typing import NamedTuple

from convcli.border_names import PAD_NAMES_OF_TOOLS

__all__ = ["CONVENTIONS", "Conventions", "border_name"]

# Where the window of an even kernel reaches one pixel further, unless told otherwise.
TOP_LEFT, BOTTOM_RIGHT = "top and left", "bottom and right"

# How a kernel is turned over: rotated is true convolution.
ROTATED, UPSIDE_DOWN = "rotated by 180 degrees", "upside down"

# Results for pixels of 8 bits: floats, or 8 bits again, where what does not fit is cut or wraps around.
FLOATS, SATURATED, WRAPPED = "floats", "cut to the range of pixels", "wrap around the range of pixels"


class Conventions(NamedTuple):
    """How one tool filters by default.

    Attributes
    ----------
    title
        The tool's name as its users write it.
    call
        What filters with a kernel.
    flips
        How that turns the kernel over; empty where it correlates, as we do.
    extra
        Where the extra pixel of an even kernel is; empty where the caller pads, or even kernels are refused.
    border
        The padding mode by default, in our words; empty where the caller pads.
    results
        What becomes of results that pixels of 8 bits cannot hold.
    largest
        The largest side of a kernel; None where there is no limit.
    stride, dilation
        Whether the call has them itself.
    """

    title: str
    call: str
    flips: str = ""
    extra: str = ""
    border: str = ""
    results: str = FLOATS
    largest: int | None = None
    stride: bool = False
    dilation: bool = False


# For each tool of `choices.Tool`, from that tool's own reference.
CONVENTIONS: dict[str, Conventions] = {
    "numpy": Conventions("NumPy", "np.lib.stride_tricks.sliding_window_view", stride=True, dilation=True),
    "scipy": Conventions(
        "SciPy", "scipy.ndimage.correlate", extra=TOP_LEFT, border="symmetric", results=WRAPPED
    ),
    "opencv": Conventions("OpenCV", "cv2.filter2D", extra=TOP_LEFT, border="reflect", results=SATURATED),
    "torch": Conventions(
        "PyTorch", "F.conv2d", extra=BOTTOM_RIGHT, border="zero", stride=True, dilation=True
    ),
    "skimage": Conventions("scikit-image", "skimage.filters.correlate_sparse", border="symmetric"),
    "pillow": Conventions("Pillow", "ImageFilter.Kernel", flips=UPSIDE_DOWN, results=SATURATED, largest=5),
    "matlab": Conventions("MATLAB", "imfilter", extra=BOTTOM_RIGHT, border="zero", results=SATURATED),
    "imagemagick": Conventions(
        "ImageMagick",
        "-morphology Convolve",
        flips=ROTATED,
        extra=TOP_LEFT,
        border="replicate",
        results=SATURATED,
    ),
    "vips": Conventions("libvips", "vips conv", extra=TOP_LEFT, border="replicate"),
    "gmic": Conventions(
        "G'MIC", "-correlate", extra=BOTTOM_RIGHT, border="replicate", stride=True, dilation=True
    ),
}


def border_name(tool: str, mode: str) -> str | None:
    """Return `tool`'s own name for one of our padding modes, None where it has none."""
    names = PAD_NAMES_OF_TOOLS.get(tool, {})
    return next((name for name, ours in names.items() if ours == mode), None)
