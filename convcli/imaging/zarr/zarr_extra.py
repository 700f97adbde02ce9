"""zarr, from the optional extra `scale`; imported when a store is met."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from convcli.errors import ConvcliError, ImageError, MissingExtraError
from convcli.stores.files import is_url, public

__all__ = ["failures", "zarr_module"]

# Packages whose errors are those of a network or a store.
_OF_STORES = ("aiobotocore", "aiohttp", "botocore")


def zarr_module() -> ModuleType:
    """Return the package zarr."""
    try:
        import zarr
    except ImportError as error:
        raise MissingExtraError("Zarr", "scale") from error
    module: ModuleType = zarr
    return module


@contextmanager
def failures(what: str, hint: str, kind: type[ConvcliError] = ImageError, *, url: str = "") -> Iterator[None]:
    """Silence the warnings of zarr, and raise its errors as `kind`: `what`, and the reason.

    Those of the store at `url`, if it is one, are told as they are of any file there.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except ConvcliError:
        raise
    except Exception as error:  # codecs and stores raise anything
        of_store = isinstance(error, OSError) or type(error).__module__.split(".")[0] in _OF_STORES
        if is_url(url) and of_store:
            from convcli.stores.store_errors import explained

            raise explained(public(url), url.partition("://")[0], error, kind) from error
        raise _failure(error, what, hint, kind) from error


def _failure(error: Exception, what: str, hint: str, kind: type[ConvcliError]) -> ConvcliError:
    if isinstance(error, PermissionError):
        return kind(f"{what}: access is denied", hint="see its permissions")
    if isinstance(error, MemoryError):
        return kind(f"{what}: it does not fit into memory", hint="its chunks are too large")
    said = " ".join((getattr(error, "strerror", None) or str(error)).split())[:200] or type(error).__name__
    if isinstance(error, KeyError):
        said = f"there is no {said}"
    elif isinstance(error, TypeError | AttributeError):
        said = f"it is malformed ({said})"
    return kind(f"{what}: {said}", hint=hint)
