"""convcli: the convolution workbench.

Every public name is loaded when first used, so that importing the package costs nothing.
"""

TYPE_CHECKING = False  # as `typing` has it, whose import would take longer than that of all of this
if TYPE_CHECKING:
    from typing import Any

    from convcli.engine.analysis.match import match_score
    from convcli.engine.correlation.correlate import convolve, correlate
    from convcli.engine.fitting.fit import Fit, fit_kernel
    from convcli.engine.layers.conv2d import conv2d
    from convcli.engine.pad import pad2d
    from convcli.engine.pooling.pool2d import pool2d
    from convcli.engine.size import output_size
    from convcli.imaging.api import read_image, write_image
    from convcli.kernels.spec import Kernel, kernel
    from convcli.stacks.paddings.compare_padding import compare_padding

__version__ = "0.1.0"

__all__ = [
    "Fit",
    "Kernel",
    "__version__",
    "compare_padding",
    "conv2d",
    "convolve",
    "correlate",
    "fit_kernel",
    "kernel",
    "match_score",
    "output_size",
    "pad2d",
    "pool2d",
    "read_image",
    "write_image",
]

_HOMES = {
    "Fit": "convcli.engine.fitting.fit",
    "Kernel": "convcli.kernels.spec",
    "compare_padding": "convcli.stacks.paddings.compare_padding",
    "conv2d": "convcli.engine.layers.conv2d",
    "convolve": "convcli.engine.correlation.correlate",
    "correlate": "convcli.engine.correlation.correlate",
    "fit_kernel": "convcli.engine.fitting.fit",
    "kernel": "convcli.kernels.spec",
    "match_score": "convcli.engine.analysis.match",
    "output_size": "convcli.engine.size",
    "pad2d": "convcli.engine.pad",
    "pool2d": "convcli.engine.pooling.pool2d",
    "read_image": "convcli.imaging.api",
    "write_image": "convcli.imaging.api",
}


def __getattr__(name: str) -> "Any":
    if name not in _HOMES:
        raise AttributeError(f"module 'convcli' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
