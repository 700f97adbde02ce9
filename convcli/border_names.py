"""What a border is called elsewhere; `vocab.PadMode` gives these names their meaning."""

__all__ = ["PAD_NAMES_OF_TOOLS", "PAD_SYNONYMS"]

PAD_SYNONYMS = {
    "zero": ("zeros",),
    "reflect": ("mirror", "reflect101", "reflect-101", "reflect_101", "whole-sample"),
    "replicate": ("edge", "nearest", "clamp"),
    "wrap": ("circular", "periodic"),
    "symmetric": ("half-sample", "reflect-edge"),
}
"""Other words for our modes that mean the same wherever they are used."""

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
"""What each tool's border names mean here (each tool's own reference is the source)."""
