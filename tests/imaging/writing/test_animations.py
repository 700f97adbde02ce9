"""Animations that we write, as others read them: every frame, with its time, equal neighbours too."""

import io
import shutil
import struct
import subprocess

import cv2
import imagecodecs
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image as Pillow

from convcli.errors import ImageError, OutputError
from convcli.imaging.image import Frame, Image, Space
from convcli.imaging.metadata import Metadata
from convcli.imaging.reading.read import read_picture
from convcli.imaging.writing.encode import encode_picture
from convcli.limits import FRAMES
from tests.imaging.animations import Part, apng, as_rgba, random_parts
from tests.imaging.helpers import animation, few_colours, pixels

# Frames of the animation in `helpers`, several in a row being equal, and their times in milliseconds.
ORDER = (0, 0, 0, 1, 1, 2, 2, 2, 3, 0, 0)
TIMES = (100, 30, 10, 40, 50, 60, 1000, 20, 70, 80, 90)


def repeated(*, alpha=False, gray=False, loop=2):
    some = animation(alpha, gray=gray).frames
    frames = (some[index]._replace(duration=float(time)) for index, time in zip(ORDER, TIMES, strict=True))
    return Image(tuple(frames), Space.GRAY if gray else Space.RGB, Metadata(loop=loop))


@pytest.mark.parametrize("gray", [False, True])
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("name", ["gif", "png", "webp"])
def test_opencv_sees_every_frame_and_its_time(name, alpha, gray, tmp_path):
    given = repeated(alpha=alpha, gray=gray)
    encoded = encode_picture(given, name)
    assert encoded.notes == ()
    path = tmp_path / f"a.{name}"
    path.write_bytes(encoded.data)
    done, found = cv2.imreadanimation(str(path))
    assert done
    assert [round(time) for time in found.durations] == list(TIMES)
    for frame, theirs in zip(given.frames, found.frames, strict=True):
        ours = as_rgba(frame)
        colours = theirs[..., 2::-1] if theirs.ndim == 3 else np.dstack([theirs] * 3)
        assert_array_equal(colours[ours[..., 3] > 0], ours[ours[..., 3] > 0][:, :3])
        if alpha and theirs.ndim == 3 and theirs.shape[2] == 4:
            assert_array_equal(theirs[..., 3], ours[..., 3])


@pytest.mark.skipif(shutil.which("identify") is None, reason="no ImageMagick")
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("name", ["gif", "webp"])
def test_imagemagick_sees_every_frame_and_its_time(name, alpha):
    data = encode_picture(repeated(alpha=alpha), name).data
    command = ["identify", "-format", "%T ", f"{name}:-"]
    ran = subprocess.run(command, input=data, capture_output=True, check=True)
    assert ran.stdout.split() == [b"%d" % (time // 10) for time in TIMES]


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("name", ["gif", "png", "webp", "avif"])
def test_pillow_sees_every_frame_and_its_time(name, alpha):
    with Pillow.open(io.BytesIO(encode_picture(repeated(alpha=alpha), name).data)) as picture:
        times = []
        for index in range(picture.n_frames):
            picture.seek(index)
            picture.load()
            times.append(picture.info["duration"])
    assert times == list(TIMES)


@pytest.mark.parametrize("name", ["gif", "png", "webp"])
@pytest.mark.parametrize("count", [2, 3, 97])
def test_frames_that_are_all_equal_stay_an_animation(name, count):
    frames = tuple(Frame(pixels(1, seed=3) // 64 * 64, None, 40.0) for _ in range(count))
    back = read_picture(encode_picture(Image(frames, Space.GRAY, Metadata(loop=0)), name).data)
    assert [frame.duration for frame in back.frames] == [40.0] * count
    assert back.metadata.loop == 0
    for frame in back.frames:
        assert_array_equal(as_rgba(frame), as_rgba(frames[0]))


@pytest.mark.parametrize("name", ["gif", "png", "webp"])
@pytest.mark.parametrize("loop", [0, 1, 2, 65535])
def test_the_number_of_times_to_play_is_kept(name, loop):
    assert read_picture(encode_picture(repeated(loop=loop), name).data).metadata.loop == loop


def test_the_loop_of_an_avif_cannot_be_written_and_is_said():
    notes = encode_picture(repeated(loop=2), "avif").notes
    assert notes == ("AVIF plays for ever here: the loop count 2 is left out",)
    assert encode_picture(repeated(loop=0), "avif").notes == ()


@pytest.mark.parametrize(
    "delay", [(1, 3), (0, 100), (1001, 30000), (65535, 1), (1, 65535), (7, 0), (12345, 100)]
)
def test_times_of_an_animated_png_are_exact_fractions(delay):
    parts = [part._replace(delay=delay) for part in random_parts(1, (5, 6), 3, count=2)]
    data = encode_picture(read_picture(apng(parts, (5, 6))), "png").data
    at = data.index(b"fcTL") + 4
    over, under = struct.unpack(">HH", data[at + 20 : at + 24])
    assert over * (delay[1] or 100) == delay[0] * under


def test_a_time_of_zero_stays_zero():
    frames = tuple(Frame(pixels(1, seed=seed) // 64 * 64, None, 0.0) for seed in range(2))
    for name in ("gif", "png", "webp"):
        encoded = encode_picture(Image(frames, Space.GRAY), name)
        assert encoded.notes == ()
        assert [frame.duration for frame in read_picture(encoded.data).frames] == [0.0, 0.0]
    encoded = encode_picture(Image(frames, Space.GRAY), "avif")
    assert encoded.notes == ("AVIF shows each frame for 1 ms at least",)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("place", [(0, 0, 1, 1), (6, 8, 1, 1), (1, 3, 2, 5), (0, 8, 7, 1), (3, 0, 1, 9)])
def test_only_what_changes_is_written_and_all_of_it(place, channels, dtype):
    top, left, down, across = place
    shape = (7, 9) if channels == 1 else (7, 9, channels)
    rng = np.random.default_rng(4)
    first = rng.integers(0, np.iinfo(dtype).max, shape).astype(dtype)
    second = first.copy()
    second[top : top + down, left : left + across] += 1

    def frame(samples):
        if channels not in (2, 4):
            return Frame(samples, None, 50.0)
        colours = samples[..., 0] if channels == 2 else samples[..., :3]
        return Frame(np.ascontiguousarray(colours), np.ascontiguousarray(samples[..., -1]), 50.0)

    given = Image((frame(first), frame(second), frame(first)), Space.GRAY if channels < 3 else Space.RGB)
    for name in ("png", "webp") if dtype == np.uint8 else ("png",):
        data = encode_picture(given, name).data
        back = read_picture(data)
        for before, after in zip(given.frames, back.frames, strict=True):
            assert_array_equal(as_rgba(after), as_rgba(before))
        if name == "png":
            at = data.index(b"fcTL", data.index(b"fcTL") + 4) + 4
            assert struct.unpack(">IIII", data[at + 4 : at + 20]) == (across, down, left, top)


def test_a_large_animated_png_is_the_same_for_any_number_of_threads():
    frames = tuple(Frame(pixels(3, seed=seed, size=(700, 900))) for seed in range(2))
    one, four = (encode_picture(Image(frames, Space.RGB), "png", jobs=jobs).data for jobs in (1, 4))
    assert one == four
    for before, after in zip(frames, read_picture(one).frames, strict=True):
        assert_array_equal(after.pixels, before.pixels)


@pytest.mark.parametrize("name", ["gif", "png", "webp", "avif"])
def test_frames_of_several_sizes_are_refused_naming_what_holds_them(name):
    frames = (Frame(pixels(1, size=(4, 6))), Frame(pixels(1, size=(8, 3))))
    with pytest.raises(OutputError, match=r"one size, and there are 4 x 6 and 8 x 3") as caught:
        encode_picture(Image(frames, Space.GRAY), name)
    assert ".tif" in caught.value.hint
    back = read_picture(encode_picture(Image(frames, Space.GRAY), "tiff").data)
    assert [frame.size for frame in back.frames] == [(4, 6), (8, 3)]


@pytest.mark.parametrize("name", ["gif", "png", "webp", "avif"])
def test_pixels_of_all_frames_count_against_the_limit(name):
    data = encode_picture(animation(), name).data
    assert len(read_picture(data, max_pixels=4 * 12 * 17).frames) == 4
    with pytest.raises(ImageError, match=r"has 4 frames of 17 x 12 = 816 pixels") as caught:
        read_picture(data, max_pixels=4 * 12 * 17 - 1)
    assert "--max-pixels" in caught.value.hint
    assert len(read_picture(data, frame=3, max_pixels=12 * 17).frames) == 1


def many_frames(name, count, side=5000):
    """An animation of many frames of one pixel on a large screen."""
    if name == "gif":
        block = b"!\xf9\4\0\1\0\0\0," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\2\2\x4c\1\0"
        return b"GIF89a" + struct.pack("<HHBBB", side, side, 0x80, 0, 0) + bytes(6) + block * count + b";"
    dot = np.zeros((1, 1, 3), np.uint8)
    if name == "png":
        return apng([Part(dot, 0, 0, 0, False)] * count, (side, side))
    buffer = io.BytesIO()
    Pillow.fromarray(dot).save(buffer, "WEBP", lossless=True)
    pixel = buffer.getvalue()[12:]
    frame = b"ANMF" + struct.pack("<I", 16 + len(pixel)) + bytes(12) + b"\x0a\0\0\2" + pixel
    size = (side - 1).to_bytes(3, "little") * 2
    content = b"WEBPVP8X" + struct.pack("<II", 10, 2) + size + b"ANIM" + struct.pack("<IIH", 6, 0, 0)
    content += frame * count
    return b"RIFF" + struct.pack("<I", len(content)) + content


@pytest.mark.parametrize("name", ["gif", "png", "webp"])
def test_many_frames_on_a_large_screen_are_refused_before_they_are_decoded(name, monkeypatch):
    some, more = many_frames(name, 2000), many_frames(name, FRAMES.most + 1)
    monkeypatch.setattr(Pillow.Image, "load", pytest.fail)
    with pytest.raises(ImageError, match="has 2000 frames of 5000 x 5000 = 50000000000 pixels"):
        read_picture(some)
    with pytest.raises(ImageError, match=f"has more than {FRAMES.most} frames"):
        read_picture(more)


@pytest.mark.parametrize("name", ["gif", "png", "webp"])
def test_one_frame_of_too_many_can_be_read(name):
    data = many_frames(name, 200, side=60)
    with pytest.raises(ImageError, match="200 frames"):
        read_picture(data, max_pixels=3600)
    for index in (0, 199):
        assert read_picture(data, frame=index, max_pixels=3600).frames[0].size == (60, 60)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("alpha", [False, True])
def test_libpng_sees_the_frames_of_an_animated_png(alpha, channels, dtype):
    frames = tuple(
        Frame(pixels(channels, dtype, seed), pixels(1, dtype, seed + 9) if alpha else None, 40.0)
        for seed in (1, 1, 2, 3, 3)
    )
    data = encode_picture(Image(frames, Space.GRAY if channels == 1 else Space.RGB), "png").data
    theirs = imagecodecs.apng_decode(data)
    assert theirs.dtype == dtype
    assert_array_equal(theirs, [frame.stacked() for frame in frames])


@pytest.mark.parametrize("alpha", [False, True])
def test_opencv_sees_the_frames_of_an_avif_that_we_read(alpha, tmp_path):
    path = tmp_path / "a.avif"
    path.write_bytes(encode_picture(repeated(alpha=alpha), "avif").data)
    done, found = cv2.imreadanimation(str(path))
    assert done
    assert [round(time) for time in found.durations] == list(TIMES)
    for frame, theirs in zip(read_picture(path).frames, found.frames, strict=True):
        order = [2, 1, 0, 3][: frame.stacked().shape[2]]
        assert_allclose(theirs[..., order].astype(int), frame.stacked().astype(int), atol=3)


@pytest.mark.parametrize("name", ["png", "webp", "avif"])
def test_animations_that_opencv_wrote_are_read(name, tmp_path):
    made = cv2.Animation(3)
    made.frames = [np.ascontiguousarray(few_colours(seed)[..., ::-1]) for seed in range(4)]
    made.durations = [100, 50, 70, 330]
    path = tmp_path / f"a.{name}"
    options = {"webp": [cv2.IMWRITE_WEBP_QUALITY, 101], "avif": [cv2.IMWRITE_AVIF_QUALITY, 100]}
    assert cv2.imwriteanimation(str(path), made, options.get(name, []))
    read = read_picture(path)
    assert [frame.duration for frame in read.frames] == [100.0, 50.0, 70.0, 330.0]
    for seed, frame in enumerate(read.frames):
        difference = np.abs(frame.pixels.astype(int) - few_colours(seed))
        assert difference.max() <= 0 if name != "avif" else difference.mean() < 30


@pytest.mark.parametrize("name", ["gif", "png", "webp"])
def test_what_stays_costs_hardly_anything(name):
    """Noise on which two far corners change: as small as what Pillow and libwebp make of it."""
    base = np.random.default_rng(1).integers(0, 40, (60, 80, 3)).astype(np.uint8) // 8 * 8
    frames = []
    for index in range(12):
        samples = base.copy()
        samples[index : index + 3, 5:8] = 200
        samples[-3:, -4 - index] = 120
        frames.append(samples)
    data = encode_picture(Image(tuple(Frame(one, None, 50.0) for one in frames), Space.RGB), name).data
    for one, frame in zip(frames, read_picture(data).frames, strict=True):
        assert_array_equal(frame.pixels, one)
    pictures = [Pillow.fromarray(one) for one in frames]
    buffer = io.BytesIO()
    more = {"webp": {"lossless": True, "quality": 0, "method": 0}, "png": {"compress_type": 3}}
    pictures[0].save(
        buffer, name, save_all=True, append_images=pictures[1:], duration=50, **more.get(name, {})
    )
    assert len(data) < 1.2 * len(buffer.getvalue())
