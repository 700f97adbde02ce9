"""Read the arrays of an ``.npz``, a zip archive of ``.npy`` files.

The header of an array is read before the array is unpacked, and no entry gives more bytes than it declares.
"""

from os import SEEK_END
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from numpy.typing import NDArray

from convcli.arrayfiles.damage import ArrayFileError, DamagedError
from convcli.arrayfiles.npy import Check, read_npy
from convcli.limits import ARCHIVE_ENTRIES, UNPACKED

__all__ = ["member_names", "read_member"]

# An array may always unpack to so many times its packed size: deflate reaches 1,030 on zeros alone.
_DENSITY = 200
# Bytes of the record at an archive's end, without its comment, and the longest comment (section 4.3.16 of the
# specification below); a size that stands in zip64's record instead (4.4.1.4).
_END_RECORD, _MOST_COMMENT, _IN_ZIP64 = 22, 65535, 0xFFFFFFFF
# Bytes of the list for one entry with a long name.
_MOST_PER_ENTRY = 256
# Flag of an entry that is encrypted (.ZIP File Format Specification, 4.4.4, bit 0).
_ENCRYPTED = 1


def member_names(file: BinaryIO) -> list[str]:
    """Return the names of the arrays."""
    _check_directory(file)
    with ZipFile(file) as archive:
        names = archive.namelist()
        ARCHIVE_ENTRIES.check(len(names), "an .npz has a few: split it", DamagedError)
        return [name.removesuffix(".npy") for name in names if name.endswith(".npy")]


def _check_directory(file: BinaryIO) -> None:
    """Refuse a list of entries that would take seconds to read, by its size in the end record."""
    end = file.seek(0, SEEK_END)
    file.seek(max(0, end - _END_RECORD - _MOST_COMMENT))
    tail = file.read()
    record = tail[tail.rfind(b"PK\5\6") :][:_END_RECORD]
    size = int.from_bytes(record[12:16], "little")
    if len(record) == _END_RECORD and ARCHIVE_ENTRIES.most * _MOST_PER_ENTRY < size < _IN_ZIP64:
        raise DamagedError(f"its list of entries has {size} bytes", hint="an .npz has a few: split it")


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
