"""Pictures from array files: .npy, .npz, .csv, .tsv and .json."""

import io
from collections.abc import Sequence

import numpy as np

from convcli.arrayfiles.read import (
    ArrayFileError,
    DamagedError,
    PickledError,
    array_names,
    read_array,
    rounded,
)
from convcli.choices import Layout
from convcli.errors import ImageError, nearest
from convcli.imaging.image import Array, Frame
from convcli.imaging.reading.sniff import check_pixels

__all__ = ["channels_first_note", "data_frame", "picture_array"]


def picture_array(
    data: bytes,
    kind: str,
    name: str,
    member: str | None,
    max_pixels: int | None = None,
    layout: Layout = Layout.HWC,
    notes: list[str] | None = None,
) -> Array:
    """Return the array in a file of `kind`, in its own dtype, with its axes in the order of the file.

    A table of one row has one axis, as signals have; one number alone is a picture of one pixel. What is no
    picture, or has more than `max_pixels`, is refused before memory is asked for. `notes` receives
    what is left out.
    """

    def check(shape: tuple[int, ...], _: int = 0) -> None:
        _check_axes(shape, name)
        sides = shape[1:] if len(shape) == 3 and layout is Layout.CHW else shape[:2]
        height, width = sides if len(sides) == 2 else (1, *sides)
        if max_pixels is not None:
            check_pixels(name, width, height, max_pixels)

    file = io.BytesIO(data)
    try:
        chosen = _chosen(array_names(file, kind), name, member) if kind == "npz" else ""
        array = read_array(file, kind, chosen, check, notes=notes)
    except PickledError as error:
        raise ImageError(
            f"{name!r} holds Python objects", hint="store numbers: array.astype(float)"
        ) from error
    except DamagedError as error:
        if isinstance(error.__cause__, MemoryError):
            raise ImageError(f"{name!r} does not fit into memory", hint="store a part of it") from error
        raise ImageError(
            f"{name!r} cannot be read as {kind.upper()} ({error.message})",
            hint=error.hint or "write or copy it once more",
        ) from error
    except ArrayFileError as error:
        raise ImageError(f"{name!r}{error.message}", hint=error.hint) from error
    if kind == "npy" and notes is not None and file.tell() < len(data):
        notes.append(f"{len(data) - file.tell()} bytes after the first array are left out")
    check(array.shape)
    if kind in ("csv", "tsv") and array.shape[0] == 1 < array.shape[1]:
        array = array[0]
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise ImageError(
            f"{name!r} holds values of type {array.dtype}",
            hint="store booleans, integers, or reals of up to 64 bits",
        )
    return array


def data_frame(array: Array, name: str, layout: Layout, notes: list[str]) -> Frame:
    """Return the array as the floats of a picture, channels last; one axis becomes a row.

    They are float32 where that is exact, else float64; integers that float64 rounds are an error. A note is
    added if the array looks like channels first.
    """
    wide = array.dtype.kind in "iu" and array.dtype.itemsize > 2
    exact = np.float64 if wide or (array.dtype.kind == "f" and array.dtype.itemsize > 4) else np.float32
    if wide and array.dtype.itemsize == 8:
        _check_whole(array, name)
    if array.ndim == 3:
        if layout is Layout.CHW:
            array = np.moveaxis(array, 0, 2)
        elif note := channels_first_note(array.shape):
            notes.append(note)
    values = array[..., 0] if array.ndim == 3 and array.shape[2] == 1 else array
    return Frame(np.ascontiguousarray(np.atleast_2d(values), dtype=exact))


def channels_first_note(shape: Sequence[int]) -> str:
    """Return a note where the first of three axes looks like channels, else ``""``.

    There are few rows then, and more channels than colours have: 3 x 480 x 640, 64 x 512 x 512.
    """
    rows, columns, channels = shape if len(shape) == 3 else (0, 0, 0)
    if not (rows < columns and channels > 4 and (rows <= 4 or 8 * rows <= min(columns, channels))):
        return ""
    return (
        f"{rows} x {columns} x {channels} is read as H x W x C, {channels} channels, and looks like "
        f"C x H x W: --layout chw reads it so"
    )


def _check_whole(array: Array, name: str) -> None:
    """Refuse 64-bit integers that no float64 equals."""
    if max(int(array.max()), -int(array.min())) <= 2**53:
        return
    floats = array.astype(np.float64)
    top = float(np.iinfo(array.dtype).max)  # which is above it, and so cannot be converted back
    inexact = (floats >= top) | (np.where(floats < top, floats, 0).astype(array.dtype) != array)
    if inexact.any():
        place = np.argwhere(inexact)[0].tolist()
        error = rounded(str(array[tuple(place)]), place)
        raise ImageError(f"{name!r}{error.message}", hint=error.hint)


def _chosen(names: list[str], name: str, member: str | None) -> str:
    """Return the array of an ``.npz`` that `member` names, or the only one."""
    if not names:
        raise ImageError(f"{name!r} holds no arrays", hint="it should be written by numpy.savez")
    some = ", ".join(names[:8])
    if member is None:
        if len(names) > 1:
            raise ImageError(
                f"{name!r} holds {len(names)} arrays: {some}", hint=f"name one, such as {name}:{names[0]}"
            )
        return names[0]
    if member not in names:
        close = nearest(member, names)
        hint = f"did you mean {close!r}?" if close else f"it holds: {some}"
        raise ImageError(f"{name!r} holds no array {member!r}", hint=hint)
    return member


def _check_axes(shape: tuple[int, ...], name: str) -> None:
    said = " x ".join(map(str, shape)) or "one number"
    if len(shape) not in (1, 2, 3):
        raise ImageError(
            f"{name!r} has {len(shape)} axes ({said})",
            hint="a picture is H x W, or H x W x channels; a signal has one axis",
        )
    if 0 in shape:
        raise ImageError(f"{name!r} is empty ({said})", hint="every side must be 1 or more")
