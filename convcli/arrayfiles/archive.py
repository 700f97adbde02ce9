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
# specification below); zip64's record, and the pointer to it, with signatures (4.3.14).
_END_RECORD, _MOST_COMMENT = 22, 65535
_ZIP64_RECORD, _ZIP64_POINTER = (56, b"PK\6\6"), (20, b"PK\6\7")
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
    """Refuse a list of entries that would take seconds to read, by its number and size in the end records.

    zip64's record lies before its pointer, as `zipfile` expects, and holds for files that have one.
    """
    end = file.seek(0, SEEK_END)
    first = max(0, end - _END_RECORD - _MOST_COMMENT - _ZIP64_POINTER[0] - _ZIP64_RECORD[0])
    file.seek(first)
    tail = file.read()
    at = len(tail) - _END_RECORD
    if not (tail[max(0, at) :].startswith(b"PK\5\6") and tail.endswith(b"\0\0")):  # it has a comment
        at = tail.rfind(b"PK\5\6")
    record = tail[max(0, at) :][:_END_RECORD]
    if at < 0 or len(record) < _END_RECORD:
        return
    count, size = (int.from_bytes(record[start:stop], "little") for start, stop in ((10, 12), (12, 16)))
    pointer = max(0, at - _ZIP64_POINTER[0])
    large = tail[max(0, pointer - _ZIP64_RECORD[0]) : pointer]
    if tail[pointer:].startswith(_ZIP64_POINTER[1]) and large.startswith(_ZIP64_RECORD[1]):
        count, size = (int.from_bytes(large[start : start + 8], "little") for start in (32, 40))
    ARCHIVE_ENTRIES.check(count, "an .npz has a few: split it", DamagedError)
    if size > ARCHIVE_ENTRIES.most * _MOST_PER_ENTRY:
        raise DamagedError(f"its list of entries has {size} bytes", hint="an .npz has a few: split it")


def read_member(file: BinaryIO, member: str, check: Check | None) -> NDArray[Any]:
    """Return the array of this name; `check` sees its shape and bytes before it is unpacked."""
    _check_directory(file)
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
