"""Runs Pillow's decoders under a pixel limit: errors become ImageError, warnings become notes."""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from PIL import Image as Pillow
from PIL import ImageFile

from convcli.errors import ConvcliError, ImageError

__all__ = ["guarded"]

# Bytes that Pillow decodes or encodes at a time (ImageFile.MAXBLOCK). Its default of 64 KiB takes two to ten
# times as long: each block becomes an object, is copied again when all are joined, and waits for the lock.
MAXBLOCK = 1 << 26

_lock = threading.Lock()
# Pixel limits of the threads that are decoding now.
_limits: list[int] = []
# Warning filters, MAX_IMAGE_PIXELS and MAXBLOCK as they were before the first of these threads.
_saved: list[tuple["warnings.catch_warnings[None]", int | None, int]] = []
_local = threading.local()


@contextmanager
def guarded(name: str, max_pixels: int) -> Iterator[list[str]]:
    """Turn any failure within the block into ImageError; the yielded list receives the decoders' warnings.

    Pillow's own limit is set to `max_pixels`, so that sizes that only a decoder finds are refused too, before
    memory is allocated. Threads that decode at the same time share the largest of their limits.
    """
    _enter(max_pixels)
    notes: list[str] = []
    _local.notes = notes
    try:
        yield notes
    except ConvcliError:
        raise
    except Pillow.DecompressionBombError as error:
        raise ImageError(
            f"{name!r} has more pixels than the limit of {max_pixels}",
            hint="if it is meant to be that large, raise the limit with --max-pixels",
        ) from error
    except MemoryError as error:
        raise ImageError(
            f"{name!r} does not fit into memory", hint="close other programs, or cut the picture up"
        ) from error
    except Exception as error:  # decoders raise SyntaxError, struct.error, zlib.error and others
        detail = " ".join(str(error).split()) or type(error).__name__
        raise ImageError(
            f"{name!r} is damaged or cut short ({detail})", hint="copy or download it once more"
        ) from error
    finally:
        _leave(max_pixels)


def _enter(max_pixels: int) -> None:
    with _lock:
        if not _limits:
            kept = warnings.catch_warnings()
            kept.__enter__()
            warnings.simplefilter("always")
            warnings.simplefilter("ignore", Pillow.DecompressionBombWarning)
            warnings.showwarning = _collect_warning
            _saved.append((kept, Pillow.MAX_IMAGE_PIXELS, ImageFile.MAXBLOCK))
            ImageFile.MAXBLOCK = MAXBLOCK
        _limits.append(max_pixels)
        # Pillow raises an error above twice its limit, and only warns below that.
        Pillow.MAX_IMAGE_PIXELS = (max(_limits) + 1) // 2


def _leave(max_pixels: int) -> None:
    with _lock:
        _limits.remove(max_pixels)
        if not _limits:
            kept, Pillow.MAX_IMAGE_PIXELS, ImageFile.MAXBLOCK = _saved.pop()
            kept.__exit__(None, None, None)


def _collect_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    notes = getattr(_local, "notes", [])
    text = "the decoder warns: " + " ".join(str(message).split())
    if text not in notes:
        notes.append(text)
