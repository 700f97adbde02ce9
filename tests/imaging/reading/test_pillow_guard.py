import io
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest
from PIL import Image as Pillow

from convcli.errors import ImageError
from convcli.imaging.image import Frame, Image, Space, full_scale
from convcli.imaging.reading.pillow_guard import guarded
from convcli.imaging.reading.pillow_modes import from_pillow
from convcli.imaging.reading.read import read_picture
from tests.imaging.helpers import pixels, saved


def test_settings_are_put_back_after_success_and_failure():
    limit, filters, show = Pillow.MAX_IMAGE_PIXELS, list(warnings.filters), warnings.showwarning
    read_picture(saved(pixels(1), "PNG"))
    with pytest.raises(ImageError):
        read_picture(saved(pixels(1), "PNG")[:60])
    assert limit == Pillow.MAX_IMAGE_PIXELS
    assert warnings.filters == filters
    assert warnings.showwarning is show


def test_warnings_become_notes_and_are_told_once():
    with guarded("a", 100) as heard:
        warnings.warn("odd\nthing", UserWarning, stacklevel=1)
        warnings.warn("odd\nthing", UserWarning, stacklevel=1)
        warnings.warn("large", Pillow.DecompressionBombWarning, stacklevel=1)
    assert heard == ["the decoder warns: odd thing"]


def test_pillows_own_limit_follows_ours():
    with guarded("a", 100), guarded("b", 40):
        assert Pillow.MAX_IMAGE_PIXELS == 50  # it refuses twice as many
    data = io.BytesIO(saved(pixels(1, size=(11, 10)), "PNG"))
    with pytest.raises(ImageError, match="more pixels than the limit of 100"), guarded("a", 100):
        Pillow.open(data)


@pytest.mark.parametrize(
    "failure",
    [
        *(SyntaxError("x"), ValueError(), EOFError(), KeyError("a"), RecursionError()),
        TypeError("'<' not supported between instances of 'tuple' and 'int'"),
        OSError("Cannot determine size of unknown tag type 134"),
        OSError("unrecognized data stream contents when reading image file"),
    ],
)
def test_any_failure_of_a_decoder_becomes_one_kind(failure):
    with pytest.raises(ImageError, match="'a' is damaged or cut short"), guarded("a", 100):
        raise failure


@pytest.mark.parametrize(
    "failure",
    [
        NotImplementedError("a palette"),
        OSError("Unsupported BMP pixel depth (2)"),
        ValueError("unknown PCX mode"),
        SyntaxError("image file could not be opened because AVIF support not installed"),
        OSError("WEBP compression support is not configured"),
        OSError("cannot find loader for this file"),
    ],
)
def test_a_whole_file_of_an_unknown_kind_is_not_called_damaged(failure):
    with pytest.raises(ImageError, match="'a' is of a kind that cannot be read") as caught, guarded("a", 100):
        raise failure
    assert "damaged" not in caught.value.message
    assert "PNG or TIFF" in caught.value.hint


def test_no_memory_is_said():
    with pytest.raises(ImageError, match="memory"), guarded("a", 100):
        raise MemoryError


def test_ctrl_c_passes_through():
    with pytest.raises(KeyboardInterrupt), guarded("a", 100):
        raise KeyboardInterrupt


def test_many_threads_read_at_once_and_leave_no_trace():
    limit, filters = Pillow.MAX_IMAGE_PIXELS, list(warnings.filters)
    data = saved(pixels(3, size=(200, 200)), "PNG")
    wrong = []

    def work(index):
        for _ in range(20):
            picture = read_picture(data, max_pixels=40_000 + index)
            if not np.array_equal(picture.frames[0].pixels, pixels(3, size=(200, 200))):
                wrong.append(index)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert limit == Pillow.MAX_IMAGE_PIXELS
    assert warnings.filters == filters


@pytest.mark.parametrize("suffix", ["png", "npy"])
def test_reading_loads_no_more_than_it_needs(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    if suffix == "png":
        path.write_bytes(saved(pixels(3), "PNG"))
    else:
        np.save(path, pixels(1, np.float32))
    unwanted = {
        "tifffile",
        "imagecodecs",
        "json",
        "csv",
        "PIL.TiffImagePlugin",
        "PIL.WebPImagePlugin",
        "typer",
    }
    if suffix == "npy":
        unwanted |= {"PIL.PngImagePlugin"}
    script = (
        "import sys, convcli\n"
        f"convcli.read_image({str(path)!r})\n"
        f"print(sorted({unwanted!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("mode", ["HSV", "YCbCr", "RGBX", "La", "RGBa", "PA"])
def test_rare_modes_of_pillow(mode):
    red = Pillow.new("RGBA", (2, 2), (255, 0, 0, 255))
    if mode == "La":
        picture = Pillow.new("LA", (2, 2), (76, 255)).convert("La")
    elif mode == "PA":
        picture = Pillow.new("PA", (2, 2), (0, 255))
        picture.putpalette([255, 0, 0])
    elif mode == "RGBa":
        picture = red.convert("RGBa")
    else:
        picture = red.convert("RGB").convert(mode)
    one, space = from_pillow(picture, [])
    if mode == "La":
        assert space is Space.GRAY
        assert (one.pixels == 76).all()
    else:
        assert space is Space.RGB
        assert np.abs(one.pixels[0, 0].astype(int) - [255, 0, 0]).max() <= 1
    assert (one.alpha is not None) == (mode in ("La", "RGBa", "PA"))


def test_white():
    assert [full_scale(kind) for kind in ("u1", "u2", "f4", "f8")] == [255, 65535, 1, 1]
    with pytest.raises(TypeError):
        full_scale(np.int32)


def test_frames_and_images_describe_themselves():
    frame = Frame(pixels(3), pixels(1))
    assert frame.size == (13, 21)
    assert frame.channels == 3
    picture = Image((frame,), Space.RGB)
    assert picture.has_alpha
    assert picture.dtype == np.uint8
