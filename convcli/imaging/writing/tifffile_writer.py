"""TIFF files written by tifffile."""

import io
from typing import Any

from convcli.errors import MissingExtraError
from convcli.imaging.deep_extra import tifffile_module
from convcli.imaging.image import Frame, Image, Space

__all__ = ["encode_tiff"]


def encode_tiff(image: Image, compression: str | None) -> bytes:
    """Return a TIFF of any samples and any number of channels, written by tifffile."""
    module = tifffile_module()
    if module is None:
        raise MissingExtraError("this TIFF (16-bit or float colour, or more than four channels)", "deep")
    buffer = io.BytesIO()
    with module.TiffWriter(buffer) as writer:
        for frame in image.frames:
            _write_page(writer, frame, image.space_of(frame), compression)
    return buffer.getvalue()


def _write_page(writer: Any, frame: Frame, space: Space, compression: str | None) -> None:
    samples = frame.stacked()
    photometric = {Space.RGB: "rgb", Space.CMYK: "separated"}.get(space, "minisblack")
    extra = ["unspecified"] * (frame.channels - 1) if photometric == "minisblack" else []
    if frame.alpha is not None:
        extra = [*extra, "unassalpha"]
    writer.write(
        samples[..., 0] if samples.shape[2:] == (1,) else samples,
        photometric=photometric,
        planarconfig="contig" if samples.shape[2:] > (1,) else None,
        extrasamples=extra or None,
        compression=compression,
        predictor=compression is not None,
        software=False,
        metadata=None,
        contiguous=False,
    )
