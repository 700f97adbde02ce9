"""Words that people try first: other names of kernels, and filters that are no kernels. No NumPy here."""

from convcli.errors import KernelError
from convcli.kernels.parameters import Size, read_parameters

__all__ = ["REMARKS", "SYNONYMS", "no_kernel", "spelled"]

# Other names of named kernels, which take the same parameters.
SYNONYMS = {
    "id": "identity",
    "impulse": "identity",
    "mean": "box",
    "average": "box",
    "avg": "box",
    "uniform": "box",
    "box-blur": "box",
    "low-pass": "box",
    "blur": "gaussian",
    "gauss": "gaussian",
    "gaussian-blur": "gaussian",
    "smooth": "gaussian",
    "disc": "disk",
    "pillbox": "disk",
    "defocus": "disk",
    "motion-blur": "motion",
    "sharp": "sharpen",
    "unsharp-mask": "unsharp",
    "usm": "unsharp",
    "find-edges": "outline",
    "edge": "sobel",
    "edges": "sobel",
    "edge-detect": "sobel",
    "edge-detection": "sobel",
    "gradient": "sobel",
    "laplace": "laplacian",
    "laplacian-of-gaussian": "log",
    "difference-of-gaussians": "dog",
}

# What is said of names that mean another kernel elsewhere.
REMARKS = {
    "blur": "gaussian, as in ImageMagick and CSS; OpenCV's blur is box",
    "edge": "sobel, as in MATLAB; Pillow's FIND_EDGES is outline",
    "edges": "sobel, as in MATLAB; Pillow's FIND_EDGES is outline",
}

# The modes of the poolings, one after the other, that compute filters which no kernel computes.
_POOLINGS = {
    "median": ("median",),
    "median-filter": ("median",),
    "median-blur": ("median",),
    "min": ("min",),
    "minimum": ("min",),
    "erode": ("min",),
    "erosion": ("min",),
    "max": ("max",),
    "maximum": ("max",),
    "dilate": ("max",),
    "dilation": ("max",),
    "open": ("min", "max"),
    "opening": ("min", "max"),
    "close": ("max", "min"),
    "closing": ("max", "min"),
}

# Filters that neither a kernel nor a pooling computes, and what comes near.
_BEYOND = {
    "bilateral": ("its weights depend on the pixels", "a median keeps edges too: {pool}"),
    "bilateral-filter": ("its weights depend on the pixels", "a median keeps edges too: {pool}"),
    "canny": ("it thins and follows edges", "how strong they are: convcli filter INPUT -k sobel"),
}

_SIZE = Size("size", "3", "rows and columns, pixels")
_LEFT_OUT = str.maketrans("", "", "-_ ")


def spelled(name: str) -> str:
    """Return `name` without what its spellings differ in: ``GaussianBlur`` is ``gaussian-blur``."""
    return name.strip().lower().translate(_LEFT_OUT)


def no_kernel(name: str, parameters: str) -> KernelError | None:
    """Return what is said of a filter that is no kernel, with the command that computes it; else None."""
    known = {spelled(word): word for word in (*_POOLINGS, *_BEYOND)}
    word = known.get(spelled(name))
    if word is None:
        return None
    read_parameters(parameters, (_SIZE,), word)
    size = parameters.rpartition("=")[2].strip() or _SIZE.default
    window = f"--stride 1 --size {size} --padding same"
    if word in _BEYOND:
        reason, instead = _BEYOND[word]
        hint = instead.format(pool=f"convcli pool INPUT --mode median {window}")
        return KernelError(f"{word} is not a kernel: {reason}", hint=hint)
    modes = _POOLINGS[word]
    if len(modes) == 1:
        return KernelError(
            f"{word} is not a kernel: it is pooling", hint=f"convcli pool INPUT --mode {modes[0]} {window}"
        )
    first, second = (f"--mode {mode} {window}" for mode in modes)
    return KernelError(
        f"{word} is not a kernel: it is two poolings",
        hint=f"convcli pool INPUT {first} -o - | convcli pool - {second} -o OUTPUT.png",
    )
