"""tifffile, where the extra `deep` is installed; imported when a file needs it."""

from types import ModuleType

__all__ = ["KEEPS", "tifffile_module"]

KEEPS = "pip install 'convcli[deep]' keeps it"


def tifffile_module() -> ModuleType | None:
    """Return tifffile, quiet, or None where the extra is not installed."""
    try:
        import tifffile
    except ImportError:
        return None
    import logging

    # it logs what it finds odd, and logging's last resort would print that on stderr
    logging.getLogger("tifffile").addHandler(logging.NullHandler())
    module: ModuleType = tifffile
    return module
