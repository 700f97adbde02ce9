"""Pictures from array files: .npy, .npz, .csv, .tsv and .json."""

import io

import numpy as np

from convcli.arrayfiles.read import ArrayFileError, DamagedError, PickledError, array_names, read_array
from convcli.errors import ImageError, nearest
from convcli.imaging.image import Array

__all__ = ["floats", "picture_array"]


def picture_array(data: bytes, kind: str, name: str, member: str | None) -> Array:
    """Return the array in a file of `kind`, in its own dtype: H x W, or H x W x channels."""
    file = io.BytesIO(data)
    try:
        chosen = _chosen(array_names(file, kind), name, member) if kind == "npz" else ""
        array = read_array(file, kind, chosen)
    except PickledError as error:
        raise ImageError(
            f"{name!r} holds Python objects", hint="store numbers: array.astype(float)"
        ) from error
    except DamagedError as error:
        if isinstance(error.__cause__, MemoryError):
            raise ImageError(f"{name!r} does not fit into memory", hint="store a part of it") from error
        raise ImageError(
            f"{name!r} cannot be read as {kind.upper()} ({error.message})", hint="write or copy it once more"
        ) from error
    except ArrayFileError as error:
        raise ImageError(f"{name!r}{error.message}", hint=error.hint) from error
    _check_axes(array, name)
    return array


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


def _check_axes(array: Array, name: str) -> None:
    shape = " x ".join(map(str, array.shape)) or "one number"
    if array.dtype.kind not in "biuf":
        raise ImageError(
            f"{name!r} holds values of type {array.dtype}", hint="store booleans, integers or real numbers"
        )
    if array.ndim not in (2, 3):
        raise ImageError(
            f"{name!r} has {array.ndim} axes ({shape})", hint="a picture is H x W, or H x W x channels"
        )
    if array.size == 0:
        raise ImageError(f"{name!r} is empty ({shape})", hint="every side must be 1 or more")


def floats(array: Array) -> tuple[Array, str]:
    """Return the array as float32 where that is exact, else float64, and a note on rounded integers.

    The note counts the integers above 2**53 in magnitude; it is empty if there are none.
    """
    wide = array.dtype.kind in "iu" and array.dtype.itemsize > 2
    exact = np.float64 if wide or (array.dtype.kind == "f" and array.dtype.itemsize > 4) else np.float32
    values = array[..., 0] if array.ndim == 3 and array.shape[2] == 1 else array
    result = np.ascontiguousarray(values, dtype=exact)
    # Only 64-bit integers can be rounded. They are counted by size: some would overflow if converted back.
    large = int(np.count_nonzero(np.abs(result) > 2**53)) if wide and array.dtype.itemsize == 8 else 0
    return result, f"{large} integers beyond 2**53 were rounded" if large else ""
