"""Decode the first picture of a command while NumPy is still being imported.

Decoders let other threads run, and imports use one core alone: a picture of a few megapixels is there when
the modules that want it are.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING

from convcli.imaging.reading.sniff import picture_kind

if TYPE_CHECKING:
    from PIL import ImageFile

__all__ = ["begin", "content", "decoded"]

LEAST = 1 << 17
"""Bytes in a file below which a thread costs more than it saves."""

SWITCH = 1e-4
"""Seconds after which the importing thread hands the interpreter over: decoders ask for it at every chunk."""


class _Early(Thread):
    """A picture that is being decoded."""

    def __init__(self, path: str, data: bytes, picture: "ImageFile.ImageFile", max_pixels: int) -> None:
        super().__init__(daemon=True)
        self.path, self.data, self.picture, self.max_pixels = path, data, picture, max_pixels
        self.done = False

    def run(self) -> None:
        from convcli.imaging.reading.pillow_guard import guarded

        before = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH)
        # What fails here fails again, and is told, when the file is read in its turn.
        with suppress(Exception), guarded(self.path, self.max_pixels) as heard:
            self.picture.load()
            self.done = not heard
        sys.setswitchinterval(before)


_early: _Early | None = None


def begin(paths: Sequence[str], max_pixels: int) -> None:
    """Start to decode the first of `paths` in a thread, if it is a file that is worth it."""
    global _early
    _early = None
    with suppress(Exception):
        if paths and os.path.getsize(paths[0]) >= LEAST and os.cpu_count() != 1:
            _early = _opened(paths[0], max_pixels)
    if _early is not None:
        _early.start()


def _opened(path: str, max_pixels: int) -> _Early | None:
    from convcli.imaging.reading.pillow_decoders import open_picture
    from convcli.imaging.reading.pillow_guard import guarded

    with open(path, "rb") as file:
        data = file.read()
    kind = picture_kind(data)
    # Pillow reads other depths of PNG in ways that have to be put right first; see stills.py.
    if kind != "JPEG" and not (kind == "PNG" and data[24] == 8):
        return None
    with guarded(path, max_pixels) as heard:
        picture = open_picture(data, kind)
        usual = getattr(picture, "n_frames", 1) == 1 and picture.width * picture.height <= max_pixels
        return _Early(path, data, picture, max_pixels) if usual and not heard else None


def content(path: str) -> bytes | None:
    """Return the content of `path` if it was begun, after waiting for it."""
    if _early is None or _early.path != path:
        return None
    _early.join()
    return _early.data


def decoded(data: bytes) -> "ImageFile.ImageFile | None":
    """Return the picture whose file is `data`, as :func:`content` gave it, if it could be decoded; once."""
    global _early
    if _early is None or _early.data is not data:
        return None
    early, _early = _early, None
    return early.picture if early.done else None
