import io

import cv2
import numpy as np
import pytest
import tifffile
from numpy.testing import assert_array_equal
from PIL import Image as Pillow

from convcli.errors import ImageError, OutputError
from convcli.imaging.image import Frame, Image, Space
from convcli.imaging.reading.read import read_picture
from convcli.imaging.writing.encode import encode_picture
from tests.imaging.helpers import TIMES, animation, few_colours, pixels


def written_by_pillow(kind, loop=3, **more):
    pictures = [Pillow.fromarray(few_colours(seed)) for seed in range(4)]
    if kind == "GIF":
        pictures = [picture.quantize(8) for picture in pictures]
    buffer = io.BytesIO()
    times = {} if kind == "TIFF" else {"duration": [int(time) for time in TIMES], "loop": loop}
    pictures[0].save(buffer, kind, save_all=True, append_images=pictures[1:], **times, **more)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_every_frame_of_an_animation_is_read_composited(kind):
    more = {"WEBP": {"lossless": True}, "PNG": {"disposal": 1}, "GIF": {"disposal": 2}}.get(kind, {})
    animated = read_picture(written_by_pillow(kind, **more))
    assert len(animated.frames) == 4
    for seed, frame in enumerate(animated.frames):
        assert_array_equal(frame.pixels, few_colours(seed))
        assert frame.alpha is None or (frame.alpha == 255).all()
    if kind != "TIFF":
        assert tuple(frame.duration for frame in animated.frames) == TIMES
        assert animated.metadata.loop == 3


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("number", [0, 2, 3])
def test_one_frame_is_the_same_as_among_all(kind, number):
    one = read_picture(written_by_pillow(kind), frame=number)
    assert len(one.frames) == 1
    assert_array_equal(one.frames[0].pixels, read_picture(written_by_pillow(kind)).frames[number].pixels)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_a_frame_that_is_not_there_is_named_with_how_many_there_are(kind):
    with pytest.raises(ImageError, match=r"'a\.b' has no frame 4") as caught:
        read_picture(written_by_pillow(kind), name="a.b", frame=4)
    assert caught.value.hint == "it has 4, numbered 0 to 3"


def test_frames_that_show_only_what_changes_are_whole_when_read():
    background = np.zeros((10, 10, 3), np.uint8)
    second = background.copy()
    second[2:4, 5:7] = (200, 10, 10)
    pictures = [Pillow.fromarray(each) for each in (background, second)]
    for kind in ("GIF", "PNG"):
        buffer = io.BytesIO()
        pictures[0].save(buffer, kind, save_all=True, append_images=pictures[1:], duration=50)
        assert_array_equal(read_picture(buffer.getvalue()).frames[1].pixels, second)


def test_a_gif_without_a_loop_count_plays_once():
    pictures = [Pillow.fromarray(few_colours(seed)).quantize(8) for seed in range(2)]
    buffer = io.BytesIO()
    pictures[0].save(buffer, "GIF", save_all=True, append_images=pictures[1:], duration=50)
    animated = read_picture(buffer.getvalue())
    assert animated.metadata.loop == 1
    assert b"NETSCAPE" not in encode_picture(animated, "gif").data


def test_the_still_picture_of_an_apng_is_not_a_frame():
    data = written_by_pillow("PNG", default_image=True)
    animated = read_picture(data)
    assert len(animated.frames) == 3
    assert_array_equal(animated.frames[0].pixels, few_colours(1))
    assert animated.notes == ("the still picture beside the animation is left out (--frame 0 reads it)",)
    assert_array_equal(read_picture(data, frame=0).frames[0].pixels, few_colours(0))


def test_reduced_copies_in_a_tiff_are_not_frames():
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        writer.write(pixels(1))
        writer.write(pixels(1)[::2, ::2], subfiletype=1)
        writer.write(pixels(1, seed=2))
    whole = read_picture(buffer.getvalue())
    assert [frame.size for frame in whole.frames] == [pixels(1).shape] * 2
    assert_array_equal(whole.frames[1].pixels, pixels(1, seed=2))
    assert whole.notes == ("1 reduced copies or masks are left out (--frame 1 reads one)",)
    assert read_picture(buffer.getvalue(), frame=1).frames[0].size == pixels(1)[::2, ::2].shape


def test_pages_of_different_sizes_and_channels_are_kept():
    buffer = io.BytesIO()
    gray, colour = pixels(1, size=(5, 6)), pixels(3, size=(7, 8))
    Pillow.fromarray(gray).save(buffer, "TIFF", save_all=True, append_images=[Pillow.fromarray(colour)])
    whole = read_picture(buffer.getvalue())
    assert [whole.space_of(frame) for frame in whole.frames] == [Space.GRAY, Space.RGB]
    assert_array_equal(whole.frames[0].pixels, gray)
    assert_array_equal(whole.frames[1].pixels, colour)
    back = tifffile.TiffFile(io.BytesIO(encode_picture(whole, "tiff").data))
    assert_array_equal(back.pages[0].asarray(), gray)
    assert_array_equal(back.pages[1].asarray(), colour)
    for name in ("png", "gif", "webp"):
        with pytest.raises(OutputError, match="frames of one size, and there are 5 x 6 and 7 x 8") as caught:
            encode_picture(whole, name)
        assert ".tif" in caught.value.hint


def test_two_pictures_in_one_jpeg_are_one_picture_and_a_note():
    buffer = io.BytesIO()
    first, second = (Pillow.fromarray(pixels(3, seed=seed)) for seed in (1, 2))
    first.save(buffer, "MPO", save_all=True, append_images=[second])
    whole = read_picture(buffer.getvalue())
    assert len(whole.frames) == 1
    assert whole.format == "jpeg"
    assert whole.notes == ("2 pictures in one JPEG: the first is read (--frame 1 reads the next)",)
    other = read_picture(buffer.getvalue(), frame=1)
    assert not np.array_equal(other.frames[0].pixels, whole.frames[0].pixels)


@pytest.mark.parametrize("gray", [False, True])
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("name", ["gif", "png", "webp", "tiff"])
def test_animations_come_back_with_all_their_frames_and_times(name, alpha, gray):
    given = animation(alpha, gray=gray)
    encoded = encode_picture(given, name)
    lost = (".tif holds no display times: they are left out",)
    assert encoded.notes == (lost if name == "tiff" else ())
    back = read_picture(encoded.data)
    assert len(back.frames) == len(given.frames)
    for before, after in zip(given.frames, back.frames, strict=True):
        colours = before.pixels
        if colours.ndim < after.pixels.ndim:
            colours = np.dstack([colours] * 3)
        shown = np.ones(before.size, bool) if before.alpha is None else before.alpha > 0
        assert_array_equal(after.pixels[shown], colours[shown])
        if alpha:
            assert_array_equal(after.alpha, before.alpha)
        else:
            assert after.alpha is None
        if name != "tiff":
            assert after.duration == before.duration
    if name != "tiff":
        assert back.metadata.loop == 3


@pytest.mark.parametrize("name", ["gif", "png", "webp"])
def test_opencv_reads_our_animations(name, tmp_path):
    path = tmp_path / f"a.{name}"
    path.write_bytes(encode_picture(animation(), name).data)
    done, animated = cv2.imreadanimation(str(path))
    assert done
    assert [round(time) for time in animated.durations] == [round(time) for time in TIMES]
    for seed, frame in enumerate(animated.frames):
        assert_array_equal(frame[..., 2::-1], few_colours(seed))


def test_tifffile_reads_our_pages():
    pages = tifffile.imread(io.BytesIO(encode_picture(animation(), "tiff").data))
    assert_array_equal(pages, [few_colours(seed) for seed in range(4)])


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 3])
def test_pages_of_16_bits_and_floats(dtype, channels):
    frames = tuple(Frame(pixels(channels, dtype, seed)) for seed in range(3))
    given = Image(frames, Space.GRAY if channels == 1 else Space.RGB)
    back = read_picture(encode_picture(given, "tiff").data)
    for before, after in zip(given.frames, back.frames, strict=True):
        assert_array_equal(after.pixels, before.pixels)
        assert after.pixels.dtype == dtype


@pytest.mark.parametrize("name", ["jpeg", "bmp", "npy", "npz", "csv", "json", "qoi"])
def test_formats_of_one_picture_refuse_several_and_name_the_option(name):
    with pytest.raises(OutputError, match="holds one picture, and there are 4") as caught:
        encode_picture(animation(), name)
    assert "--frame 0" in caught.value.hint


def test_gif_times_are_rounded_to_its_steps_and_said():
    frames = tuple(Frame(few_colours(seed), None, 33.0) for seed in range(2))
    encoded = encode_picture(Image(frames, Space.RGB), "gif")
    assert encoded.notes == ("GIF counts time in steps of 10 ms: durations are rounded",)
    assert [frame.duration for frame in read_picture(encoded.data).frames] == [30.0, 30.0]


def test_frames_without_times_last_a_tenth_of_a_second():
    frames = tuple(Frame(few_colours(seed)) for seed in range(2))
    for name in ("gif", "png", "webp"):
        back = read_picture(encode_picture(Image(frames, Space.RGB), name).data)
        assert [frame.duration for frame in back.frames] == [100.0, 100.0]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("alpha", [False, True])
def test_an_animated_png_keeps_16_bits(channels, alpha):
    frames = tuple(
        Frame(pixels(channels, np.uint16, seed), pixels(1, np.uint16, seed + 9) if alpha else None, 70.0)
        for seed in range(3)
    )
    encoded = encode_picture(Image(frames, Space.GRAY if channels == 1 else Space.RGB), "png")
    assert encoded.notes == ()
    back = read_picture(encoded.data)
    assert back.notes == ()
    for before, after in zip(frames, back.frames, strict=True):
        assert_array_equal(after.stacked(), before.stacked())
        assert after.pixels.dtype == np.uint16


def test_more_than_256_colours_of_a_gif_are_reduced_and_said():
    picture = Image((Frame(pixels(3, size=(40, 40))),), Space.RGB)
    encoded = encode_picture(picture, "gif")
    assert len(encoded.notes) == 1
    assert "colours" in encoded.notes[0]
    error = read_picture(encoded.data).frames[0].pixels.astype(float) - picture.frames[0].pixels
    assert np.abs(error.mean()) < 8


def test_exactly_256_colours_fit_into_a_gif():
    gray = np.arange(256, dtype=np.uint8).reshape(16, 16)
    encoded = encode_picture(Image((Frame(gray),), Space.GRAY), "gif")
    assert encoded.notes == ()
    assert_array_equal(read_picture(encoded.data).frames[0].pixels, gray)


def test_255_colours_and_transparency_fit_into_a_gif():
    gray = np.arange(256, dtype=np.uint8).reshape(16, 16)
    alpha = np.where(gray == 40, 0, 255).astype(np.uint8)
    encoded = encode_picture(Image((Frame(gray, alpha),), Space.GRAY), "gif")
    assert encoded.notes == ()
    back = read_picture(encoded.data).frames[0]
    assert_array_equal(back.alpha, alpha)
    assert_array_equal(back.pixels[alpha > 0], np.dstack([gray] * 3)[alpha > 0])


def test_half_transparent_pixels_of_a_gif_are_said():
    given = Image((Frame(few_colours(0), np.full((12, 17), 100, np.uint8)),), Space.RGB)
    encoded = encode_picture(given, "gif")
    assert len(encoded.notes) == 1
    assert (read_picture(encoded.data).frames[0].alpha == 0).all()


def test_a_gif_that_lost_its_last_frames_is_said():
    data = written_by_pillow("GIF")
    assert read_picture(data).notes == ()
    last = data.rindex(b"\x21\xf9\x04")  # where the last frame begins
    cut = read_picture(data[:last])
    assert len(cut.frames) == 3
    assert cut.notes == ("the GIF does not end as it should: its last frames may be missing",)


def test_inks_among_colours_become_colours_and_that_is_said():
    pictures = [Pillow.fromarray(few_colours(0)), Pillow.new("CMYK", (17, 12), (0, 60, 120, 30))]
    buffer = io.BytesIO()
    pictures[0].save(buffer, "TIFF", save_all=True, append_images=pictures[1:])
    whole = read_picture(buffer.getvalue())
    assert whole.space_of(whole.frames[1]) is Space.CMYK
    assert_array_equal(whole.frames[1].pixels, np.asarray(pictures[1]))
    assert whole.notes == ()
    made = encode_picture(whole, "png")
    animated = Pillow.open(io.BytesIO(made.data))
    animated.seek(1)
    assert_array_equal(np.asarray(animated.convert("RGB")), np.asarray(pictures[1].convert("RGB")))
    assert made.notes == ("CMYK frames were converted to RGB, as other frames are",)


def test_reduced_colours_of_many_frames_are_said_once():
    frames = tuple(Frame(pixels(3, seed=seed, size=(40, 40))) for seed in range(3))
    encoded = encode_picture(Image(frames, Space.RGB), "gif")
    assert encoded.notes == ("GIF holds 256 colours: those of 3 frames were reduced, with dithering",)


def test_one_frame_of_an_opaque_webp_animation_has_no_alpha():
    data = encode_picture(animation(), "webp").data
    assert all(read_picture(data, frame=index).frames[0].alpha is None for index in range(4))
