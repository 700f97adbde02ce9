"""Names of the padding modes in other tools, for `choices.PadMode`."""

__all__ = ["PAD_NAMES_OF_TOOLS", "PAD_SYNONYMS"]

# Other words for our modes that mean the same wherever they are used.
PAD_SYNONYMS = {
    "zero": ("zeros",),
    "reflect": ("mirror", "reflect101", "reflect-101", "reflect_101", "whole-sample"),
    "replicate": ("edge", "nearest", "clamp"),
    "wrap": ("circular", "periodic"),
    "symmetric": ("half-sample", "reflect-edge"),
}

_SCIPY = {
    "reflect": "symmetric",
    "grid-mirror": "symmetric",
    "mirror": "reflect",
    "nearest": "replicate",
    "constant": "constant",
    "grid-constant": "constant",
    "wrap": "wrap",
    "grid-wrap": "wrap",
}

# For each tool, its names and our modes, from that tool's own reference.
PAD_NAMES_OF_TOOLS: dict[str, dict[str, str]] = {
    "scipy": _SCIPY,
    "skimage": _SCIPY,
    "opencv": {
        "constant": "constant",
        "replicate": "replicate",
        "reflect": "symmetric",
        "reflect101": "reflect",
        "reflect-101": "reflect",
        "default": "reflect",
        "wrap": "wrap",
    },
    "torch": {
        "zeros": "zero",
        "constant": "constant",
        "reflect": "reflect",
        "replicate": "replicate",
        "circular": "wrap",
    },
    "tensorflow": {"constant": "constant", "reflect": "reflect", "symmetric": "symmetric"},
    "numpy": {
        "constant": "constant",
        "edge": "replicate",
        "reflect": "reflect",
        "symmetric": "symmetric",
        "wrap": "wrap",
    },
    "matlab": {"symmetric": "symmetric", "replicate": "replicate", "circular": "wrap"},
    "imagemagick": {
        "mirror": "symmetric",
        "edge": "replicate",
        "tile": "wrap",
        "black": "zero",
    },
    "vips": {"black": "zero", "copy": "replicate", "repeat": "wrap", "mirror": "symmetric"},
    "gmic": {"dirichlet": "zero", "neumann": "replicate", "periodic": "wrap", "mirror": "symmetric"},
}
