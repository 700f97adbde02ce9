"""Metadata of where a picture lies are moved with its pixels: GeoTIFF's tags, and the axes of Zarr."""

from collections.abc import Sequence
from dataclasses import replace

from convcli.engine.window import Window
from convcli.imaging.image import Image

__all__ = ["placed"]


def placed(image: Image, paths: Sequence[Sequence[Window]]) -> Image:
    """Return `image`, whose frames passed the windows of `paths`, with metadata of their new places."""
    metadata, tagged = image.metadata, any(frame.tags for frame in image.frames)
    if not tagged and not metadata.zarr:
        return image
    from convcli.imaging.geotiff import Placement, moved  # here for start-up: few pictures are TIFF

    frames = []
    for frame, path in zip(image.frames, paths, strict=True):
        placement = Placement()
        for window in path:
            shifts = [(axis.span - 1) / 2 - axis.low for axis in window.axes]
            placement = placement.after(Placement(window.stride, (shifts[0], shifts[1])))
        frames.append(frame._replace(tags=moved(frame.tags or {}, placement) if tagged else None))
        if metadata.zarr:
            metadata = metadata._replace(zarr=metadata.zarr.moved(placement.scale, placement.shift))
    return replace(image, frames=tuple(frames), metadata=metadata)
