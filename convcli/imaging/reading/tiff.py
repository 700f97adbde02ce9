"""Pages of a TIFF: chosen by their directories, read by Pillow or, where it misreads, by tifffile."""

import sys
from contextlib import suppress
from dataclasses import replace
from itertools import islice

import numpy as np
from PIL import Image as Pillow
from PIL import ImageFile

from convcli.errors import ConvcliError, ImageError
from convcli.imaging.deep_extra import MORE_KINDS, tifffile_module
from convcli.imaging.image import Decoded, Image, together
from convcli.imaging.metadata import Metadata
from convcli.imaging.reading import pillow_16_bit
from convcli.imaging.reading.pillow_decoders import open_picture
from convcli.imaging.reading.pillow_modes import from_pillow
from convcli.imaging.reading.sniff import check_pixels, chosen_frames
from convcli.imaging.reading.tiff_opened import opened_at
from convcli.imaging.reading.tiff_page import ASSOCIATED, Page, Photometric, check_page, page_of
from convcli.imaging.reading.tiff_samples import frame_of
from convcli.imaging.reading.tifffile_reader import stored_samples
from convcli.imaging.tiff_directory import Data, Directory, Tags, Values, chain
from convcli.imaging.tiff_metadata import imagej_first_page, metadata_of, tags_of
from convcli.limits import TIFF_PAGES

__all__ = ["decode_tiff", "only_page", "pillow_reads"]

# Pillow's modes of pages whose samples are taken as they are stored.
_STORED = ("P", "PA", "La", "LAB", "F", "I")


def decode_tiff(data: bytes, name: str, frame: int | None, max_pixels: int, notes: list[str]) -> Image:
    """Decode all full-size pages, or page number `frame`, each with its own depth, size and colours."""
    offsets = _offsets(data, name)
    if offsets[-1] == -1:
        data += bytes(8)  # libtiff complains where the list ends with the file
    pages = _chosen(data, offsets, name, frame, max_pixels, notes)
    for page in pages.values():
        check_page(page, name)
    images = list[Image]()
    unit = imagej_first_page(Directory(data, offsets[0]), len(offsets), notes)
    for page in pages.values():
        one, space = _decoded(page, name, notes)
        tags = {**(unit if not images else {}), **tags_of(page.directory, notes)}
        metadata = metadata_of(tags, page.directory.order) if not images else Metadata()
        images.append(Image((one._replace(tags=tags),), space, metadata, "tiff", name))
    return replace(together(images), notes=tuple(dict.fromkeys(notes)))


def only_page(data: Data, name: str, frame: int | None, notes: list[str]) -> tuple[Page, Tags] | None:
    """Return the only full-size page, or page number `frame`, and the tags that describe it; None of several.

    Pixels are not counted.
    """
    offsets = _offsets(data, name)
    pages = list(_chosen(data, offsets, name, frame, sys.maxsize, notes).values())
    if len(pages) > 1:
        return None
    check_page(pages[0], name)
    unit = imagej_first_page(Directory(data, offsets[0]), len(offsets), notes)
    return pages[0], {**unit, **tags_of(pages[0].directory, notes)}


def _chosen(
    data: Data, offsets: list[int], name: str, frame: int | None, max_pixels: int, notes: list[str]
) -> dict[int, Page]:
    """Return all full-size pages, or page number `frame`, by their numbers."""
    if offsets[-1] == -1:
        del offsets[-1]
        notes.append(f"the list of pages is broken after page {len(offsets)}: there may have been more")
    chosen = chosen_frames(frame, len(offsets), name)
    pages = _pages(data, {index: offsets[index] for index in chosen}, name, max_pixels)
    return _whole(pages, notes) if frame is None else pages


def _offsets(data: Data, name: str) -> list[int]:
    """Return the offsets of the directories, and -1 where their list is broken."""
    offsets = list(islice(chain(data), TIFF_PAGES.most + 1))
    TIFF_PAGES.check(len(offsets), "split the file, with libtiff's tiffsplit", ImageError)
    if not offsets:
        raise ImageError(f"{name!r} has no pages", hint="was the copy or download cut short?")
    if offsets[-1] > len(data) - 2:
        raise ValueError(f"page {len(offsets)} is at byte {offsets[-1]}, the end at {len(data)}")
    return offsets


def _pages(data: Data, offsets: dict[int, int], name: str, max_pixels: int) -> dict[int, Page]:
    """Return the pages at `offsets`; those that are no reduced copies are counted against the limit."""
    pages, values, size = dict[int, Page](), Values(), 0
    for index, at in offsets.items():
        directory = Directory(data, at, values)
        page = pages[index] = page_of(directory)
        size += directory.end - directory.at
        if size > len(data):
            raise ValueError("its directories overlap")
        check_pixels(name, page.width, page.height, max_pixels, because=page.whole_because)
    whole = [page.pixels for page in pages.values() if page.whole]
    pixels = sum(whole or [page.pixels for page in pages.values()])
    if pixels > max_pixels:
        raise ImageError(
            f"{name!r} has at least {pixels} pixels in its pages (four samples count as one), more than"
            f" the limit of {max_pixels}",
            hint="--frame N reads one page; to read all, raise the limit with --max-pixels",
        )
    return pages


def _whole(pages: dict[int, Page], notes: list[str]) -> dict[int, Page]:
    """Return the full-size pages, without reduced copies and masks, or all, if none is."""
    whole = {index: page for index, page in pages.items() if page.whole}
    if not whole or len(whole) == len(pages):
        return pages
    left_out = next(index for index in pages if index not in whole)
    notes.append(
        f"{len(pages) - len(whole)} reduced copies or masks are left out (--frame {left_out} reads one)"
    )
    return whole


def _opened(page: Page) -> ImageFile.ImageFile:
    return open_picture(opened_at(page.directory), "TIFF")


def _decoded(page: Page, name: str, notes: list[str]) -> Decoded:
    picture = None
    if pillow_reads(page):
        # Pillow raises SyntaxError, TypeError, KeyError and others where it does not know the kind
        with suppress(Exception):
            picture = _opened(page)
    if picture is not None:
        try:
            with picture:
                return _by_pillow(picture, page, name, notes)
        except (ConvcliError, MemoryError, Pillow.DecompressionBombError):
            raise
        except Exception as error:  # decoders raise SyntaxError, struct.error, OSError and others
            if tifffile_module() is None:
                reason = " ".join(str(error).split())[:100] or type(error).__name__
                raise ImageError(
                    f"{name!r} is damaged, or a kind of TIFF that Pillow cannot read ({reason})",
                    hint=MORE_KINDS,
                ) from error
    return frame_of(stored_samples(page, name), page, name, notes)


def pillow_reads(page: Page) -> bool:
    """Whether Pillow, where it knows the kind of a page, reads it as it is."""
    if page.sparse:
        return False
    if page.compression != 1 and page.directory.order == ">" and (page.bits == 32 or page.kind == 2):
        return False  # it swaps the bytes, though libtiff has done so
    if page.planar and page.samples > 1:
        return (
            page.bits == 8 and not page.extra and page.photometric in (Photometric.RGB, Photometric.SEPARATED)
        )
    if page.bits == 12:
        return page.compression == 1 and page.predictor == 1
    return page.bits in (1, 2, 4, 8, 16, 32) and page.photometric != Photometric.ICC_LAB


def _by_pillow(picture: ImageFile.ImageFile, page: Page, name: str, notes: list[str]) -> Decoded:
    """Load the page at which `picture` was opened, upright."""
    if pillow_16_bit.is_narrowed(picture):
        return pillow_16_bit.read_16_bit(lambda: _opened(page), notes)
    if page.photometric == Photometric.YCBCR and page.compression == 1 and page.samples > 1:
        pillow_16_bit.convert_by_libtiff(picture)
    mode = picture.mode
    if page.alpha == ASSOCIATED and mode == "RGBA":
        return frame_of(pillow_16_bit.premultiplied(picture), page, name, notes)
    if mode in _STORED or mode.startswith("I;16") or page.kind == 2:
        samples = np.asarray(picture)
        if mode == "L":
            samples = samples.view(np.int8)
        elif mode == "I" and page.kind == 1:
            samples = samples.view(np.uint32)
        return frame_of(samples, page, name, notes)
    frame, space = from_pillow(picture, notes)
    kept = frame.channels + (frame.alpha is not None)
    if page.samples > kept:
        notes.append(f"{page.samples - kept} channels without a declared meaning are left out")
    return frame, space
