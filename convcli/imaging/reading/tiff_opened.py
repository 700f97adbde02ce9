"""A page of a TIFF opened as if it were the first: readers need not walk to it."""

import io
import struct

from convcli.imaging.tiff_directory import Data, Directory, layout_of

__all__ = ["opened_at"]


class _FirstAt(io.BytesIO):
    """A TIFF whose header names the directory at byte `at` as the first: readers need not walk to it."""

    def __init__(self, data: Data, at: int) -> None:
        super().__init__(data)
        order, big = layout_of(data)
        self._head = (
            data[:8] + struct.pack(order + "Q", at) if big else data[:4] + struct.pack(order + "I", at)
        )

    def read(self, size: int | None = -1, /) -> bytes:
        at = self.tell()
        found = super().read(size)
        return (
            self._head[at : at + len(found)] + found[len(self._head) - at :]
            if at < len(self._head)
            else found
        )


def opened_at(directory: Directory) -> io.BytesIO:
    """Return the file of `directory`, which is the first of it."""
    return _FirstAt(directory.data, directory.at)
