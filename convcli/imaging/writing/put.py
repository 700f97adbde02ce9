"""Put an encoded picture in its place: a file, or the folder of a Zarr store."""

from convcli.atomic_write import write_bytes
from convcli.choices import STDOUT
from convcli.imaging.formats import Format
from convcli.open_files import is_stream

__all__ = ["write_picture"]


def write_picture(
    path: str, data: bytes, format: Format, *, replace: bool = True, again: bool = False
) -> None:
    """Write the file of a picture, whole or not at all; see `write_bytes`.

    Of a Zarr store, `data` is a zip file, and a folder is made of it, unless `path` names a zip file.
    """
    if format.name == "zarr" and not (path == STDOUT or is_stream(path) or path.lower().endswith(".zip")):
        from convcli.imaging.writing.zarr_folder import write_store

        write_store(path, data, replace=replace, again=again)
    else:
        write_bytes(path, data, replace=replace, again=again)
