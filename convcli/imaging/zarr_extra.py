"""zarr, from the optional extra `scale`; imported when a store is met."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from convcli.errors import ConvcliError, ImageError, MissingExtraError

__all__ = ["failures", "zarr_module"]


def zarr_module() -> ModuleType:
    """Return the package zarr."""
    try:
        import zarr
    except ImportError as error:
        raise MissingExtraError("Zarr", "scale") from error
    module: ModuleType = zarr
    return module


@contextmanager
def failures(what: str, hint: str, kind: type[ConvcliError] = ImageError) -> Iterator[None]:
    """Silence the warnings of zarr, and raise its errors as `kind`: `what`, and the reason."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except ConvcliError:
        raise
    except PermissionError as error:
        raise kind(f"{what}: access is denied", hint="see its permissions") from error
    except MemoryError as error:
        raise kind(f"{what}: it does not fit into memory", hint="its chunks are too large") from error
    except Exception as error:  # codecs and stores raise anything
        said = getattr(error, "strerror", None) or str(error)
        reason = " ".join(said.split())[:200] or type(error).__name__
        raise kind(f"{what}: {reason}", hint=hint) from error
