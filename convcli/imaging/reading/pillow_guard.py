"""Runs Pillow's decoders under a pixel limit: errors become ImageError, warnings become notes."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image as Pillow
from PIL import ImageFile

from convcli.errors import ConvcliError, ImageError
from convcli.imaging.quiet_codecs import silenced

__all__ = ["guarded"]

# Bytes that Pillow decodes or encodes at a time (ImageFile.MAXBLOCK). Its default of 64 KiB takes two to ten
# times as long: each block becomes an object, is copied again when all are joined, and waits for the lock.
MAXBLOCK = 1 << 26
# How decoders say that a file is whole, but of a kind that they do not know.
_UNKNOWN_KIND = re.compile(
    r"unsupported|unimplemented|unknown (?!tag)|(not|only) .*(supported|implemented|configured|installed)"
    r"|cannot (handle|find loader)|unable to determine",
    re.IGNORECASE,
)

_lock = threading.Lock()
# Pixel limits of the threads that are decoding now.
_limits: list[int] = []
# MAX_IMAGE_PIXELS and MAXBLOCK as they were before the first of these threads.
_saved: list[tuple[int | None, int]] = []


@contextmanager
def guarded(name: str, max_pixels: int) -> Iterator[list[str]]:
    """Turn any failure within the block into ImageError; the yielded list receives the decoders' warnings.

    Pillow's own limit is set to `max_pixels`, so that sizes that only a decoder finds are refused too, before
    memory is allocated. Threads that decode at the same time share the largest of their limits. What a C
    library prints becomes the reason in the error.
    """
    try:
        with silenced("decoder") as heard:
            _enter(max_pixels)
            try:
                yield heard.warnings
            finally:
                _leave(max_pixels)
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
        raise _failed(name, error, heard.reason) from error


def _failed(name: str, error: Exception, printed: str) -> ImageError:
    detail = printed or " ".join(str(error).split()) or type(error).__name__
    confused = isinstance(error, TypeError | AttributeError)  # by damage, whatever Python says of types
    if isinstance(error, NotImplementedError) or (not confused and _UNKNOWN_KIND.search(detail)):
        return ImageError(
            f"{name!r} is of a kind that cannot be read ({detail})",
            hint="save it as PNG or TIFF with the program that made it, or with ImageMagick",
        )
    return ImageError(f"{name!r} is damaged or cut short ({detail})", hint="copy or download it once more")


def _enter(max_pixels: int) -> None:
    with _lock:
        if not _limits:
            _saved.append((Pillow.MAX_IMAGE_PIXELS, ImageFile.MAXBLOCK))
            ImageFile.MAXBLOCK = MAXBLOCK
        _limits.append(max_pixels)
        # Pillow raises an error above twice its limit, and only warns below that.
        Pillow.MAX_IMAGE_PIXELS = (max(_limits) + 1) // 2


def _leave(max_pixels: int) -> None:
    with _lock:
        _limits.remove(max_pixels)
        if not _limits:
            Pillow.MAX_IMAGE_PIXELS, ImageFile.MAXBLOCK = _saved.pop()
