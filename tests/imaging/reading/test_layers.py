"""Frames of animated PNG, GIF and WebP are those that the specifications make of the file's layers."""

import io
import shutil
import struct
import subprocess

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image as Pillow

from convcli.errors import ImageError
from convcli.imaging.image import Frame, Image, Space
from convcli.imaging.reading.read import read_picture
from convcli.imaging.writing.encode import encode_picture
from tests.imaging.animations import (
    GifPart,
    Part,
    apng,
    as_rgba,
    gif,
    gif_shown,
    random_gif,
    random_parts,
    shown,
)
from tests.imaging.helpers import chunk, few_colours, pixels

SIZE = (7, 9)


def check(frame, expected, white):
    """Colours count by their opacity: those of nearly transparent pixels are rounded coarsely by design."""
    found = as_rgba(frame) / white
    steps = 4.01 if white == 255 else 8.01  # each of several layers rounds once
    assert_allclose(found[..., 3], expected[..., 3], atol=steps / white)
    assert_allclose(
        found[..., :3] * found[..., 3:], expected[..., :3] * expected[..., 3:], atol=2 * steps / white
    )
    solid = (expected[..., 3] == 1) & (found[..., 3] == 1)
    assert_allclose(found[solid], expected[solid], atol=steps / white)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", range(6))
def test_an_animated_png_is_composed_as_its_specification_says(seed, channels, dtype):
    parts = random_parts(seed, SIZE, channels, dtype)
    data = apng(parts, SIZE)
    whole = read_picture(data)
    assert whole.notes == ()
    assert whole.dtype == dtype
    for frame, expected in zip(whole.frames, shown(parts, SIZE, np.iinfo(dtype).max), strict=True):
        check(frame, expected, np.iinfo(dtype).max)
        assert frame.duration == 70.0
    for index, frame in enumerate(whole.frames):
        alone = read_picture(data, frame=index).frames[0]
        assert_array_equal(as_rgba(alone), as_rgba(frame))


def test_a_layer_that_is_restored_leaves_what_was_there_before_it():
    base, over = np.full((4, 4, 3), 200, np.uint8), np.full((2, 2, 3), 10, np.uint8)
    last = np.full((1, 1, 3), 50, np.uint8)
    parts = [Part(base, 0, 0, 0, False), Part(over, 1, 1, 2, False), Part(last, 3, 3, 0, False)]
    frames = read_picture(apng(parts, (4, 4))).frames
    assert frames[1].pixels[1, 1, 0] == 10
    expected = base.copy()
    expected[3, 3] = 50
    assert_array_equal(frames[2].pixels, expected)


def test_an_area_that_is_cleared_becomes_transparent_without_an_alpha_channel_too():
    base, last = np.full((3, 3, 3), 200, np.uint8), np.full((1, 1, 3), 50, np.uint8)
    parts = [Part(base, 0, 0, 1, False), Part(last, 2, 2, 0, True)]
    frames = read_picture(apng(parts, (3, 3))).frames
    assert (frames[0].alpha == 255).all()
    assert frames[1].alpha.sum() == 255
    assert frames[1].alpha[2, 2] == 255


def test_half_over_half_is_three_quarters():
    first = np.array([[[0, 0, 0, 128]]], np.uint8)
    second = np.array([[[255, 255, 255, 128]]], np.uint8)
    frames = read_picture(apng([Part(first, 0, 0, 0, False), Part(second, 0, 0, 0, True)], (1, 1))).frames
    # opacity 128 + 127 * 128 / 255 = 191.75; white weighs 128 of it: 255 * 128 / 191.75 = 170.2
    assert frames[1].alpha[0, 0] == 192
    assert frames[1].pixels[0, 0].tolist() == [170, 170, 170]


@pytest.mark.parametrize("number", [None, 0, 1, 2])
def test_a_still_picture_beside_the_animation_is_frame_0(number):
    still = pixels(3, seed=9, size=SIZE)
    parts = random_parts(3, SIZE, 3, count=2)
    data = apng(parts, SIZE, still=still, loop=5)
    read = read_picture(data, frame=number)
    assert read.metadata.loop == 5
    expected = [still / 255, *shown(parts, SIZE, 255)]
    if number == 0:
        assert_array_equal(read.frames[0].pixels, still)
    elif number:
        check(read.frames[0], expected[number], 255)
    else:
        assert len(read.frames) == 2
        assert read.notes == ("the still picture beside the animation is left out (--frame 0 reads it)",)


def test_palettes_and_few_bits_are_composed_too():
    pictures = [Pillow.fromarray(few_colours(seed)).quantize(6) for seed in range(3)]
    buffer = io.BytesIO()
    pictures[0].putpalette(pictures[0].getpalette())
    same = [pictures[0], *(each.quantize(palette=pictures[0]) for each in map(colour, pictures[1:]))]
    same[0].save(buffer, "PNG", save_all=True, append_images=same[1:], duration=50, bits=4)
    read = read_picture(buffer.getvalue())
    assert len(read.frames) == 3
    for frame, given in zip(read.frames, same, strict=True):
        assert_array_equal(frame.pixels, np.asarray(given.convert("RGB")))


def colour(picture):
    return picture.convert("RGB")


def test_frames_out_of_order_are_refused():
    data = apng(random_parts(1, SIZE, 3, count=3), SIZE)
    at = data.rindex(b"fcTL")
    broken = chunk(b"fcTL", struct.pack(">I", 99) + data[at + 8 : at + 30])
    with pytest.raises(ImageError, match="out of order"):
        read_picture(data[: at - 4] + broken + data[at + 34 :])


@pytest.mark.parametrize("seed", range(20))
def test_a_gif_is_composed_as_browsers_do(seed):
    parts, table = random_gif(seed, SIZE)
    data = gif(parts, SIZE, table)
    whole = read_picture(data)
    for index, expected in enumerate(gif_shown(parts, SIZE, table)):
        found = as_rgba(whole.frames[index])
        assert_array_equal(found[..., 3], expected[..., 3])
        seen = expected[..., 3] > 0
        assert_array_equal(found[seen], expected[seen])
        assert_array_equal(as_rgba(read_picture(data, frame=index).frames[0]), found)


@pytest.mark.skipif(shutil.which("convert") is None, reason="no ImageMagick")
@pytest.mark.parametrize("disposal", [1, 2])
@pytest.mark.parametrize("seed", range(5))
def test_imagemagick_composes_a_gif_alike(seed, disposal):
    parts, table = random_gif(seed, SIZE)
    whole = [np.zeros(SIZE, np.uint8)]
    parts = [
        part._replace(disposal=disposal, clear=part.clear or 0, **({} if index else full(whole[0])))
        for index, part in enumerate(parts)
    ]
    data = gif(parts, SIZE, table)
    command = ["convert", "gif:-", "-coalesce", "-depth", "8", "rgba:-"]
    raw = subprocess.run(command, input=data, capture_output=True, check=True).stdout
    theirs = np.frombuffer(raw, np.uint8).reshape(len(parts), *SIZE, 4)
    for frame, expected in zip(read_picture(data).frames, theirs, strict=True):
        found = as_rgba(frame)
        assert_array_equal(found[..., 3], expected[..., 3])
        assert_array_equal(found[expected[..., 3] > 0], expected[expected[..., 3] > 0])


def full(indices):
    return {"indices": indices, "left": 0, "top": 0}


def test_an_image_larger_than_the_screen_of_a_gif_enlarges_all_frames():
    table = np.arange(768, dtype=np.uint8).reshape(256, 3)
    parts = [GifPart(np.ones(size, np.uint8), 0, 0, 1, None, None) for size in ((2, 2), (3, 5))]
    frames = read_picture(gif(parts, (2, 2), table)).frames
    assert [frame.size for frame in frames] == [(3, 5), (3, 5)]
    assert (frames[0].alpha[:2, :2] == 255).all()
    assert frames[0].alpha.sum() == 4 * 255


# Where the corners of a picture whose rows are [10 80] and [150 220] are seen, by EXIF orientation.
TURNED = {
    1: [[10, 80], [150, 220]],
    2: [[80, 10], [220, 150]],
    3: [[220, 150], [80, 10]],
    4: [[150, 220], [10, 80]],
    5: [[10, 150], [80, 220]],
    6: [[150, 10], [220, 80]],
    7: [[220, 80], [150, 10]],
    8: [[80, 220], [10, 150]],
}
# The same for AVIF: quarter turns to the left (irot), then the axis of a reflection (imir).
TURNS = {1: "", 2: "m1", 3: "r2", 4: "m0", 5: "r1m0", 6: "r3", 7: "r1m1", 8: "r1"}


def turned_animation(kind, orientation):
    base = np.kron(np.array(TURNED[1], np.uint8), np.ones((8, 16), np.uint8))
    pictures = [Pillow.fromarray(np.dstack([base + 3 * index] * 3)) for index in range(3)]
    buffer = io.BytesIO()
    options = {"save_all": True, "append_images": pictures[1:], "duration": 50}
    if kind == "avif":
        pictures[0].save(buffer, "AVIF", quality=100, **options)
        return with_turn(buffer.getvalue(), TURNS[orientation])
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    lossless = {"lossless": True} if kind == "webp" else {}
    pictures[0].save(buffer, kind, exif=exif.tobytes(), **options, **lossless)
    return buffer.getvalue()


def with_turn(data, turn):
    """Put boxes irot and imir in the place of two that Pillow wrote into the description of the frames."""
    end = data.index(b"ccst") + 12
    start = data.rindex(b"colrnclx", 0, end) - 4
    names = {"r": b"irot", "m": b"imir"}
    boxes = b"".join(
        struct.pack(">I", 9) + names[kind] + bytes([int(value)])
        for kind, value in zip(turn[::2], turn[1::2], strict=True)
    )
    left = end - start - len(boxes)
    return data[:start] + boxes + struct.pack(">I", left) + b"free" + bytes(left - 8) + data[end:]


@pytest.mark.parametrize("kind", ["png", "webp", "avif"])
@pytest.mark.parametrize("orientation", TURNED)
def test_every_frame_is_turned(kind, orientation):
    data = turned_animation(kind, orientation)
    whole = read_picture(data)
    alone = [read_picture(data, frame=index).frames[0] for index in range(3)]
    assert len(whole.frames) == 3
    for index, frame in enumerate((*whole.frames, *alone)):
        assert frame.size == ((16, 32) if orientation < 5 else (32, 16))
        down, across = (side - 1 for side in frame.size)
        corners = frame.pixels[[[0, 0], [down, down]], [[0, across], [0, across]], 0].astype(int)
        expected = np.array(TURNED[orientation]) + 3 * (index % 3)
        assert_allclose(corners, expected, atol=3 if kind == "avif" else 0)
    assert whole.metadata.exif is None
    again = read_picture(encode_picture(whole, kind).data)
    assert [frame.size for frame in again.frames] == [frame.size for frame in whole.frames]


def test_each_picture_of_a_multi_picture_jpeg_has_an_orientation_of_its_own():
    first, second = (Pillow.fromarray(pixels(3, seed=seed, size=(8, 16))) for seed in (1, 2))
    exif = Pillow.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    first.save(buffer, "MPO", save_all=True, append_images=[second], exif=exif.tobytes())
    both = buffer.getvalue()
    entry = struct.pack(">HHIH", 0x0112, 3, 1, 6)
    at = both.rindex(entry)
    assert both.count(entry) == 2
    upright = both[:at] + struct.pack(">HHIH", 0x0112, 3, 1, 1) + both[at + len(entry) :]
    sizes = [read_picture(data, frame=index).frames[0].size for data in (both, upright) for index in (0, 1)]
    assert sizes == [(16, 8), (16, 8), (16, 8), (8, 16)]


def test_frames_of_a_webp_read_alone_are_those_read_in_turn():
    frames = tuple(Frame(few_colours(seed), None, 50.0) for seed in range(4))
    data = encode_picture(Image(frames, Space.RGB), "webp").data
    for index, frame in enumerate(read_picture(data).frames):
        assert_array_equal(read_picture(data, frame=index).frames[0].pixels, frame.pixels)
