"""Words that people try first: other names of kernels, and filters that are poolings. No NumPy here."""

from convcli.errors import KernelError, spelled
from convcli.kernels.parameters import Size, read_parameters

__all__ = ["SYNONYMS", "no_kernel"]

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

# Filters that are poolings, not kernels: the modes, to be applied one after the other.
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

_SIZE = Size("size", "3", "rows and columns, pixels")


def no_kernel(name: str, parameters: str) -> KernelError | None:
    """Return the error for a filter that is pooling, with the command that computes it; else None."""
    known = {spelled(word): word for word in _POOLINGS}
    word = known.get(spelled(name))
    if word is None:
        return None
    read_parameters(parameters, (_SIZE,), word)
    window = f"--stride 1 --size {parameters.rpartition('=')[2].strip() or _SIZE.default} --padding same"
    first, *then = (f"--mode {mode} {window}" for mode in _POOLINGS[word])
    more = "".join(f" -o - | convcli pool - {each} -o OUTPUT.png" for each in then)
    return KernelError(f"{word} is not a kernel: it is pooling", hint=f"convcli pool INPUT {first}{more}")
