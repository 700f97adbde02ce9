"""Pictures as bare arrays: the public `read_image` and `write_image`."""

import os

import numpy as np
from numpy.typing import ArrayLike

from convcli.choices import Layout, RangeMode
from convcli.errors import OutputError, UsageError, shown
from convcli.imaging.formats import Format, format_of
from convcli.imaging.image import Array, Frame, Image, Space
from convcli.imaging.pixels import to_pixels
from convcli.imaging.reading.read import read_first
from convcli.imaging.writing.encode import encode_picture
from convcli.imaging.writing.put import write_picture

__all__ = ["read_image", "write_image"]


def read_image(path: str | os.PathLike[str], *, layout: Layout | str = Layout.HWC) -> Array:
    """Return the first frame of a picture, or the array in a ``.npy .npz .csv .tsv .json`` file.

    Parameters
    ----------
    path : str or PathLike
        Any format that `convcli formats` lists: pictures, or ``.npy .npz .csv .tsv .json``.
    layout : {"hwc", "chw"}
        Order of the axes of an array of three in an array file. The result has channels last.

    Returns
    -------
    (H, W) or (H, W, C) array, or (N,) of a signal
        Pictures: uint8, uint16 or float, upright as their EXIF orientation says, with alpha, if there is
        any, as the last channel. Arrays keep their own dtype. A signal is an array of one axis, or a table of
        one row.

    Raises
    ------
    ImageError
        The file cannot be read.
    """
    _check_path(path)
    return np.require(read_first(path, Layout.parse(layout)), requirements="W")


def write_image(path: str | os.PathLike[str], image: ArrayLike, *, layout: Layout | str = Layout.HWC) -> None:
    """Write an array as a picture, in the format that the suffix says; whole or not at all.

    Parameters
    ----------
    path : str or PathLike
        An existing file is replaced.
    image : (N,), (H, W) or (H, W, C) array
        One to four channels: grey, grey and alpha, RGB, RGB and alpha; array formats (``.npy`` ...) take any.
        A signal, of one axis, is a row of a table or of a picture, and one axis in the other array formats.
        uint8, uint16, bool (0 and white) or floats. Floats in a format of integers are taken in units of
        8 bits, rounded half to even and saturated; in float formats they are exact.
    layout : {"hwc", "chw"}
        Order of the axes of an array of three in the file, for ``.npy .npz .json``.

    Raises
    ------
    OutputError
        The array has another shape or type, or the file cannot be written.
    UsageError
        The suffix says no format that can be written.
    """
    _check_path(path)
    try:
        array = np.asarray(image)
    except (TypeError, ValueError, OverflowError):
        raise OutputError(
            "image has rows of different lengths", hint="give as many numbers in each"
        ) from None
    format = format_of(os.fspath(path))
    _check(array, format)
    samples = _samples(np.atleast_2d(array), format)
    if samples.ndim == 3 and samples.shape[2] == 1 and not format.numbers:
        samples = samples[..., 0]
    picture = Image((Frame(samples),), Space.DATA, signal=array.ndim == 1)
    if not format.numbers and samples.ndim == 3 and samples.shape[2] in (2, 4):
        colours = samples[..., 0] if samples.shape[2] == 2 else samples[..., :3]
        frame = Frame(np.ascontiguousarray(colours), np.ascontiguousarray(samples[..., -1]))
        picture = Image((frame,), Space.GRAY if samples.shape[2] == 2 else Space.RGB)
    data = encode_picture(picture, format, strict_depth=True, layout=Layout.parse(layout)).data
    write_picture(os.fspath(path), data, format)


def _check_path(path: object) -> None:
    if not isinstance(path, str | os.PathLike):
        raise UsageError(f"{shown(path)} is not a file's name", hint="give a text or a path")


def _check(array: Array, format: Format) -> None:
    shape = " x ".join(map(str, array.shape)) or "a single number"
    if array.ndim not in (1, 2, 3) or array.size == 0:
        raise OutputError(f"an array of {shape} is not a picture", hint="give N, H x W, or H x W x channels")
    if array.dtype.kind not in "buif":
        raise OutputError(f"{array.dtype} values are not pixels", hint="give integers, floats or booleans")
    if format.numbers or array.dtype.kind in "bf" or array.dtype.newbyteorder("=") in (np.uint8, np.uint16):
        return
    raise OutputError(
        f"{array.dtype} pixels cannot be written to {format.suffix}",
        hint="convert them to uint8, uint16 or floats, or write to .npy",
    )


def _samples(array: Array, format: Format) -> Array:
    if format.numbers:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind == "f" and "float" not in format.depths:
        return to_pixels(array, RangeMode.CLIP, full_in=1.0, target=np.uint8).array
    if array.dtype == np.float16:
        return array.astype(np.float32)
    return array.astype(array.dtype.newbyteorder("="), copy=False)
