"""tifffile, from the optional extra `deep`; imported when a file needs it."""

from types import ModuleType

__all__ = ["KEEPS", "MORE_KINDS", "tifffile_module"]

# Ends the note about lost depth.
KEEPS = "pip install 'convcli[deep]' keeps it"
# Hint of the error about TIFFs that Pillow cannot read.
MORE_KINDS = "pip install 'convcli[deep]' brings a reader that knows more kinds"


def tifffile_module() -> ModuleType | None:
    """Return tifffile with its log silenced, or None where the extra is not installed."""
    try:
        import tifffile
    except ImportError:
        return None
    import logging

    # Without a handler, logging prints tifffile's warnings on stderr.
    logging.getLogger("tifffile").addHandler(logging.NullHandler())
    module: ModuleType = tifffile
    return module
