"""The library of named kernels: a table of matrices and families, each with its source. No NumPy here.

All are for correlation, with the signs that OpenCV gives them: a derivative is positive where brightness
grows to the right (x) or downwards (y).
"""

from typing import NamedTuple

from convcli.choices import Combine
from convcli.errors import KernelError, nearest, shown, spelled
from convcli.kernels.other_words import SYNONYMS, no_kernel
from convcli.kernels.parameters import Number, Parameter, Size

__all__ = ["SYNONYMS", "TABLE", "Entry", "canonical", "entry", "names", "not_known", "synonyms"]


class Entry(NamedTuple):
    """One named kernel.

    Attributes
    ----------
    weights
        The matrix as text; empty where `family` or `parts` define it.
    source
        Who published it.
    about
        What it does, in a few words.
    family
        The function in families.py that computes it from its parameters.
    parts
        The SPECs of its components; `parameters` apply to each.
    combine
        How the results of the parts are combined.
    """

    weights: str
    source: str
    about: str
    family: str = ""
    parameters: tuple[Parameter, ...] = ()
    parts: tuple[str, ...] = ()
    combine: Combine = Combine.NONE


def family(name: str, source: str, about: str, *parameters: Parameter) -> Entry:
    """Make the entry of a family of kernels."""
    return Entry("", source, about, family=name, parameters=parameters)


def gradient(x: str, source: str, about: str, *parameters: Parameter) -> Entry:
    """Make the entry of a pair of derivatives, ``NAME-x`` and ``NAME-y``, combined by magnitude."""
    parts = (f"{x}-x", f"{x}-y")
    return Entry("", source, about, parameters=parameters, parts=parts, combine=Combine.MAGNITUDE)


# Parameters that several kernels share.
_SIGMA = Number("sigma", "1", "standard deviation, pixels", above=0)
_ODD_SIZE = Size("size", "3", "rows and columns, pixels")
_ANY_SIZE = Size("size", "3", "rows and columns, pixels", odd=False)
_WIDE_SIZE = Size("size", "", "rows and columns, pixels", derived="2*int(4*sigma + 0.5) + 1")
_SOBEL_SIZE = Size("size", "3", "rows and columns, pixels", minimum=3, maximum=31)

# Sources that several kernels share.
_GONZALEZ = "Gonzalez and Woods, Digital Image Processing, 4th edition, 2018, section 3.6"
_POWELL = "Powell, Image Kernels Explained Visually, 2015"
_SOBEL = "Sobel and Feldman 1968; larger sizes as cv2.getDerivKernels"
_SCHARR = "Scharr, Optimale Operatoren in der digitalen Bildverarbeitung, 2000; cv2.Scharr"
_PREWITT = "Prewitt, Object enhancement and extraction, 1970"
_ROBERTS = "Roberts, Machine perception of three-dimensional solids, 1963"

# Every named kernel, in the order of the listing.
TABLE: dict[str, Entry] = {
    "identity": family("identity", _POWELL, "leaves the picture as it is", _ODD_SIZE),
    "box": family("box", _GONZALEZ, "mean of the window", _ANY_SIZE),
    "gaussian": family(
        "gaussian",
        "SciPy gaussian_filter (size from sigma), cv2.getGaussianKernel (sigma from size)",
        "Gaussian blur",
        Number("sigma", "", "standard deviation, pixels", derived="1, or from size as OpenCV", above=0),
        _WIDE_SIZE,
        Number("sigma-x", "", "across columns; 0 is no blur", derived="sigma", minimum=0),
        Number("sigma-y", "", "across rows; 0 is no blur", derived="sigma", minimum=0),
    ),
    "binomial": family(
        "binomial",
        "Burt and Adelson, The Laplacian pyramid as a compact image code, 1983",
        "blur by a row of Pascal's triangle",
        _ANY_SIZE,
    ),
    "disk": family(
        "disk",
        "MATLAB fspecial('disk')",
        "mean of a disk, as a lens out of focus",
        Number("radius", "5", "pixels", above=0, maximum=2047),
    ),
    "motion": family(
        "motion",
        "MATLAB fspecial('motion')",
        "blur along a line, as a camera that moves",
        Number("length", "9", "pixels", synonyms=("len",), minimum=1, maximum=4093),
        Number("angle", "0", "degrees, counter-clockwise from the right", synonyms=("theta",)),
    ),
    "sharpen": Entry("0 -1 0; -1 5 -1; 0 -1 0", _POWELL, "picture minus its Laplacian"),
    "unsharp": family(
        "unsharp",
        "skimage.filters.unsharp_mask; ImageMagick -unsharp without threshold",
        "picture plus amount times (picture minus its blur)",
        _SIGMA,
        Number("amount", "1", "1 is 100 percent", minimum=0, synonyms=("gain",)),
        _WIDE_SIZE,
    ),
    "emboss": Entry("-2 -1 0; -1 1 1; 0 1 2", _POWELL, "relief lit from the top left"),
    "outline": Entry("-1 -1 -1; -1 8 -1; -1 -1 -1", _POWELL, "edges in every direction"),
    "highpass": family("highpass", _GONZALEZ, "picture minus the mean of the window", _ODD_SIZE),
    "sobel": gradient("sobel", _SOBEL, "edge strength", _SOBEL_SIZE),
    "sobel-x": family("sobel_x", _SOBEL, "derivative to the right, smoothed", _SOBEL_SIZE),
    "sobel-y": family("sobel_y", _SOBEL, "derivative downwards, smoothed", _SOBEL_SIZE),
    "scharr": gradient("scharr", _SCHARR, "edge strength, alike in every direction"),
    "scharr-x": Entry("-3 0 3; -10 0 10; -3 0 3", _SCHARR, "derivative to the right, smoothed"),
    "scharr-y": Entry("-3 -10 -3; 0 0 0; 3 10 3", _SCHARR, "derivative downwards, smoothed"),
    "prewitt": gradient("prewitt", _PREWITT, "edge strength"),
    "prewitt-x": Entry("-1 0 1; -1 0 1; -1 0 1", _PREWITT, "derivative to the right, averaged"),
    "prewitt-y": Entry("-1 -1 -1; 0 0 0; 1 1 1", _PREWITT, "derivative downwards, averaged"),
    "roberts": gradient("roberts", _ROBERTS, "edge strength from diagonal differences"),
    "roberts-x": Entry("1 0; 0 -1", _ROBERTS, "difference along the falling diagonal"),
    "roberts-y": Entry("0 1; -1 0", _ROBERTS, "difference along the rising diagonal"),
    "kirsch": Entry(
        "",
        "Kirsch, Computer determination of the constituent structure of biological images, 1971",
        "strongest edge of eight compass directions",
        combine=Combine.MAX,
        parts=(  # counter-clockwise: the bright side is E, NE, N, NW, W, SW, S, SE
            "-3 -3 5; -3 0 5; -3 -3 5",
            "-3 5 5; -3 0 5; -3 -3 -3",
            "5 5 5; -3 0 -3; -3 -3 -3",
            "5 5 -3; 5 0 -3; -3 -3 -3",
            "5 -3 -3; 5 0 -3; 5 -3 -3",
            "-3 -3 -3; 5 0 -3; 5 5 -3",
            "-3 -3 -3; -3 0 -3; 5 5 5",
            "-3 -3 -3; -3 0 5; -3 5 5",
        ),
    ),
    "robinson": Entry(
        "",
        "Robinson, Edge detection by compass gradient masks, 1977 (five-level masks)",
        "strongest edge of eight compass directions",
        combine=Combine.MAX,
        parts=(  # counter-clockwise: the bright side is E, NE, N, NW, W, SW, S, SE
            "-1 0 1; -2 0 2; -1 0 1",
            "0 1 2; -1 0 1; -2 -1 0",
            "1 2 1; 0 0 0; -1 -2 -1",
            "2 1 0; 1 0 -1; 0 -1 -2",
            "1 0 -1; 2 0 -2; 1 0 -1",
            "0 -1 -2; 1 0 -1; 2 1 0",
            "-1 -2 -1; 0 0 0; 1 2 1",
            "-2 -1 0; -1 0 1; 0 1 2",
        ),
    ),
    "laplacian": Entry("0 1 0; 1 -4 1; 0 1 0", _GONZALEZ, "second derivative, four neighbours"),
    "laplacian8": Entry("1 1 1; 1 -8 1; 1 1 1", _GONZALEZ, "second derivative, eight neighbours"),
    "log": family(
        "log",
        "Marr and Hildreth, Theory of edge detection, 1980; MATLAB fspecial('log')",
        "Laplacian of a Gaussian: blobs, and edges at its zero crossings",
        Number("sigma", "1", "standard deviation, pixels", minimum=0.1),
        _WIDE_SIZE,
    ),
    "dog": family(
        "dog",
        "Marr and Hildreth, Theory of edge detection, 1980",
        "difference of a narrow and a wide Gaussian: blobs",
        _SIGMA,
        Number("k", "1.6", "sigma of the wide one over sigma of the narrow one", above=1, maximum=100),
        Size("size", "", "rows and columns, pixels", derived="2*int(4*k*sigma + 0.5) + 1"),
    ),
    "gabor": family(
        "gabor",
        "Daugman, Uncertainty relation for resolution in space, 1985; cv2.getGaborKernel",
        "stripes of one direction and width",
        Number("sigma", "2", "of the envelope across the stripes, pixels", minimum=0.1),
        Number("theta", "0", "across the stripes, degrees, clockwise from the right", synonyms=("angle",)),
        Number("wavelength", "4", "of the stripes, pixels", minimum=2, synonyms=("lambda", "lambd")),
        Number("gamma", "0.5", "width of the envelope over its length", minimum=0.01, maximum=100),
        Number("psi", "90", "phase, degrees; 0 is a bright line, 90 an edge", synonyms=("phase",)),
        Size("size", "", "rows and columns, pixels", derived="3 sigma each way"),
    ),
}


def names() -> dict[str, str]:
    """Return a short description of each kernel by its name, in the order of the listing."""
    return {name: entry.about for name, entry in TABLE.items()}


# The name in the table of every name and synonym, as `spelled` returns them.
_SPELLED = {spelled(word): kernel for word, kernel in ({name: name for name in TABLE} | SYNONYMS).items()}


def canonical(name: str) -> str:
    """Return the name in the table that `name` means: ``sobel-x`` for ``Sobel_X``, ``box`` for ``mean``.

    A name that is not known is returned in lower case.
    """
    return _SPELLED.get(spelled(name), name.strip().lower())


def synonyms(name: str) -> list[str]:
    """Return the other names of a kernel."""
    return [word for word, kernel in SYNONYMS.items() if kernel == name]


def not_known(name: str, parameters: str = "") -> KernelError:
    """Make the error for a name that is not in the table, suggesting the nearest or another command."""
    if (said := no_kernel(name, parameters)) is not None:
        return said
    close = nearest(name, (*TABLE, *SYNONYMS))
    hint = f"did you mean '{close}'?" if close else "'convcli kernels' lists them all"
    return KernelError(f"kernel {shown(name)} is not known", hint=hint)


def entry(name: str) -> Entry:
    """Return the kernel of that name."""
    found = TABLE.get(canonical(name))
    if found is None:
        raise not_known(name)
    return found
