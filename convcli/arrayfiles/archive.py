"""Read the arrays of an ``.npz``, a zip archive of ``.npy`` files.

The header of an array is read before the array is unpacked, and no entry gives more bytes than it declares.
"""

from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from numpy.typing import NDArray

from convcli.arrayfiles.damage import ArrayFileError, DamagedError
from convcli.arrayfiles.npy import Check, read_npy
from convcli.limits import ARCHIVE_ENTRIES, UNPACKED

__all__ = ["member_names", "read_member"]

# An array may always unpack to so many times its packed size: deflate reaches 1,030 on zeros alone.
_DENSITY = 200
# Flag of an entry that is encrypted (.ZIP File Format Specification, 4.4.4, bit 0).
_ENCRYPTED = 1


def member_names(file: BinaryIO) -> list[str]:
    """Return the names of the arrays."""
    with ZipFile(file) as archive:
        names = archive.namelist()
        ARCHIVE_ENTRIES.check(len(names), "an .npz has a few: split it", DamagedError)
        return [name.removesuffix(".npy") for name in names if name.endswith(".npy")]


def read_member(file: BinaryIO, member: str, check: Check | None) -> NDArray[Any]:
    """Return the array of this name; `check` sees its shape and bytes before it is unpacked."""
    with ZipFile(file) as archive:
        entries = [entry for entry in archive.infolist() if entry.filename == member + ".npy"]
        if not entries:
            raise DamagedError(f"it has no array {member!r}")
        if len(entries) > 1:
            raise ArrayFileError(f" holds {len(entries)} arrays called {member!r}", hint="write it once more")
        entry = entries[0]
        if entry.flag_bits & _ENCRYPTED:
            raise ArrayFileError(" is encrypted", hint="save it without a password")
        if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise ArrayFileError(
                f" is packed by method {entry.compress_type}", hint="numpy.savez_compressed packs by deflate"
            )

        def allowed(shape: tuple[int, ...], need: int) -> None:
            if check is not None:
                check(shape, need)
            if need > _DENSITY * entry.compress_size:
                UNPACKED.check(need, "numpy.save stores it unpacked", DamagedError)

        with archive.open(entry) as content:
            return read_npy(content, entry.file_size, allowed)
