import os
import struct
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import pytest

from convcli.errors import ImageError, OutputError
from convcli.imaging.image import Frame, Image, Space
from convcli.imaging.quiet_codecs import silenced
from convcli.imaging.reading.read import read_picture
from convcli.imaging.writing import encode
from tests.imaging.helpers import pixels, saved

# Deflated rows damaged within: libtiff itself prints that on descriptor 2.
DEFLATED = bytearray(saved(pixels(3, size=(40, 50)), "TIFF", compression="tiff_adobe_deflate"))
DEFLATED[40:44] = b"\xff\xff\xff\xff"


def fail_after(action):
    """Let `action` run and then an error end a block; return what was heard."""
    heard = None
    try:
        with silenced("decoder") as heard:
            action()
            raise ValueError
    except ValueError:
        return heard


def reason_after(printed):
    return fail_after(lambda: os.write(2, printed)).reason


def in_a_process(script, **options):
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, timeout=60, cwd=Path.cwd(), **options
    )


def test_what_a_library_prints_is_caught_and_its_last_line_is_the_reason(capfd):
    assert (
        reason_after(b"first\nLib: Error,  at\tscanline 7.\n\nLib: Warning, odd\n")
        == "Lib: Error, at scanline 7"
    )
    assert capfd.readouterr() == ("", "")
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"


def test_the_reason_is_one_printable_line_of_bounded_length():
    reason = reason_after(b"x" * 3_000_000 + b"\n\x1b[31m" + b"y" * 1000 + b"\xff\n")
    assert reason == "[31m" + "y" * 156


@pytest.mark.parametrize("printed", [b"", b"\n\n", b"Warning, odd\n"])
def test_no_reason(printed):
    assert reason_after(printed) == ""


def test_the_name_that_pillow_gives_libtiff_is_left_out():
    assert reason_after(b"tempfile.tif: WEBP is not configured.\n") == "WEBP is not configured"


def test_a_megabyte_of_lines_does_not_wait_for_a_reader():
    with silenced("decoder"):
        for _ in range(300):
            os.write(2, b"z" * 10_000)


def test_libtiffs_line_is_the_reason_and_is_not_printed(capfd):
    with pytest.raises(ImageError, match="ZIPDecode: Decoding error at scanline") as caught:
        read_picture(bytes(DEFLATED), name="a.tif")
    assert caught.value.message.startswith("'a.tif' is damaged or cut short (")
    assert "\n" not in caught.value.message
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("quiet", [(), ("-q",)])
def test_one_line_on_the_process_own_stderr(tmp_path, quiet):
    (tmp_path / "a.tif").write_bytes(DEFLATED)
    command = [sys.executable, "-m", "convcli", "filter", "-k", "box", str(tmp_path / "a.tif"), *quiet]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1
    assert len(ran.stderr.splitlines()) == 1
    assert ran.stderr.startswith("error: ")


def test_what_pillow_logs_is_not_printed(tmp_path):
    """A number of samples per pixel that it cannot decode: its tag is 277."""
    data = bytearray(saved(pixels(3), "TIFF"))
    at = data.index(struct.pack("<HHI", 277, 3, 1))
    data[at + 8 : at + 10] = struct.pack("<H", 34564)
    (tmp_path / "a.tif").write_bytes(data)
    command = [sys.executable, "-m", "convcli", "filter", "-k", "box", str(tmp_path / "a.tif"), "-q"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1
    assert len(ran.stderr.splitlines()) == 1
    assert ran.stderr.startswith("error: ")


def test_an_encoders_line_is_the_reason(monkeypatch, capfd):
    def fail(*_):
        os.write(2, b"TIFFWriteScanline: no room.\n")
        warnings.warn("an odd tag", UserWarning, stacklevel=1)
        raise OSError(-2)

    monkeypatch.setattr(encode, "_by_pillow", fail)
    with pytest.raises(OutputError, match="cannot be written as BMP: TIFFWriteScanline: no room"):
        encode.encode_picture(Image((Frame(pixels(1)),), Space.GRAY), "bmp")
    assert capfd.readouterr() == ("", "")


def test_an_encoders_warnings_are_notes(monkeypatch):
    def warn(*_):
        warnings.warn("an odd\ntag", UserWarning, stacklevel=1)
        return b"x"

    monkeypatch.setattr(encode, "_by_pillow", warn)
    made = encode.encode_picture(Image((Frame(pixels(1)),), Space.GRAY), "bmp")
    assert made.notes == ("the encoder warns: an odd tag",)


def test_pythons_own_stderr_goes_through_meanwhile():
    ran = in_a_process(
        "import os, sys\n"
        "from convcli.imaging.quiet_codecs import silenced\n"
        "with silenced('decoder'):\n"
        "    print('bar', file=sys.stderr, flush=True); os.write(2, b'lib'); sys.__stderr__.write('later ')\n"
        "print('after', file=sys.stderr); os.write(2, b'end')\n"
    )
    assert ran.returncode == 0
    assert ran.stderr.replace(b"later after", b"later after").split() == [b"bar", b"later", b"after", b"end"]


def test_another_stderr_of_python_goes_through_too():
    ran = in_a_process(
        "import os, sys\n"
        "from convcli.imaging.quiet_codecs import silenced\n"
        "sys.stderr = open(2, 'w', closefd=False)\n"
        "with silenced('decoder'):\n"
        "    print('bar', file=sys.stderr, flush=True); os.write(2, b'lib')\n"
        "print('after', file=sys.stderr, flush=True)\n"
    )
    assert ran.returncode == 0
    assert ran.stderr.split() == [b"bar", b"after"]


@pytest.mark.parametrize("closed", [(2,), (0, 2), (0, 1, 2)])
def test_a_stderr_that_is_closed(tmp_path, closed):
    """No file that is opened afterwards is written into by a library."""
    target = tmp_path / "kept"
    script = (
        "import os\n"
        "from convcli.imaging.quiet_codecs import silenced\n"
        "with silenced('decoder'): os.write(2, b'lib')\n"
        f"file = os.open({str(target)!r}, os.O_WRONLY | os.O_CREAT)\n"
        "with silenced('decoder'):\n"
        "    try: os.write(2, b'lib')\n"
        "    except OSError: pass\n"
        "os.write(file, b'content')\n"
    )
    redirections = " ".join(f"{number}>&-" for number in closed)
    ran = subprocess.run(
        ["sh", "-c", f'exec "$0" -c "$1" {redirections}', sys.executable, script], timeout=60
    )
    assert ran.returncode == 0
    assert target.read_bytes() == b"content"


def test_a_picture_is_read_though_no_descriptor_is_left():
    ran = in_a_process(
        "import resource, os\n"
        "from convcli.imaging.quiet_codecs import silenced\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))\n"
        "with silenced('decoder') as heard: print('read')\n"
    )
    assert (ran.returncode, ran.stdout) == (0, b"read\n")


def test_threads_share_and_the_last_puts_everything_back(capfd):
    before = os.fstat(2).st_ino
    filters = list(warnings.filters)
    start = threading.Barrier(6)
    wrong = []

    def work(index):
        start.wait()
        for _ in range(200):
            with silenced("decoder") as heard:
                os.write(2, b"lib\n")
                warnings.warn(f"of {index}", UserWarning, stacklevel=1)
            if heard.warnings != [f"the decoder warns: of {index}"]:
                wrong.append(heard.warnings)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert os.fstat(2).st_ino == before
    assert warnings.filters == filters
    assert capfd.readouterr() == ("", "")


def test_another_threads_line_is_not_taken_for_the_reason():
    inside, done = threading.Event(), threading.Event()

    def other():
        with silenced("decoder"):
            os.write(2, b"about another file\n")
            inside.set()
            done.wait(10)

    def meanwhile():
        thread.start()
        inside.wait(10)

    thread = threading.Thread(target=other)
    heard = fail_after(meanwhile)
    done.set()
    thread.join()
    assert heard.reason == ""


def test_no_descriptor_leaks():
    before = os.listdir("/proc/self/fd") if Path("/proc/self/fd").exists() else []
    for _ in range(50):
        with silenced("decoder"):
            pass
    assert len(os.listdir("/proc/self/fd") if before else []) == len(before)


def test_it_costs_less_than_a_tenth_of_a_millisecond():
    best = min(_seconds() for _ in range(5))
    assert best < 1e-4


def _seconds():
    start = time.perf_counter()
    for _ in range(100):
        with silenced("decoder"):
            pass
    return (time.perf_counter() - start) / 100


@pytest.mark.parametrize("name", ["pdf", "eps"])
def test_documents_have_no_date(monkeypatch, name):
    image = Image((Frame(pixels(3)),), Space.RGB)
    first = encode.encode_picture(image, name).data
    monkeypatch.setattr(time, "gmtime", lambda *_: time.struct_time((2001, 2, 3, 4, 5, 6, 5, 34, 0)))
    assert encode.encode_picture(image, name).data == first
    assert b"Date" not in first


def test_deprecations_of_pillow_are_no_news():
    with silenced("decoder") as heard:
        warnings.warn("will be removed in Pillow 15", DeprecationWarning, stacklevel=1)
    assert heard.warnings == []


def test_systems_without_memory_files_use_a_temporary_one(monkeypatch, capfd):
    monkeypatch.delattr(os, "memfd_create", raising=False)
    assert reason_after(b"Lib: no.\n") == "Lib: no"
    assert capfd.readouterr() == ("", "")


OTHER_THREADS = """
import threading, warnings
from convcli.imaging.quiet_codecs import silenced

begun, ended = threading.Event(), threading.Event()

def decode():
    with silenced("decoder") as heard:
        warnings.warn("of the decoder", RuntimeWarning)
        warnings.warn("of no use", DeprecationWarning)
        begun.set()
        ended.wait()
    print(*heard.warnings)

def fails():
    try:
        warnings.warn("an error", BytesWarning)
    except BytesWarning as error:
        print(error)

warnings.simplefilter("ignore", ResourceWarning)
warnings.simplefilter("error", BytesWarning)
thread = threading.Thread(target=decode)
thread.start()
begun.wait()
warnings.warn("of the user", UserWarning)
warnings.warn("not wanted", ResourceWarning)
fails()
ended.set()
thread.join()
warnings.warn("after", UserWarning)
"""


def test_warnings_of_other_threads_are_shown_as_they_ask_for():
    done = in_a_process(OTHER_THREADS)
    assert done.returncode == 0, done.stderr
    assert done.stdout == b"an error\nthe decoder warns: of the decoder\n"
    said = [line for line in done.stderr.decode().splitlines() if "Warning: " in line]
    assert [line.partition("Warning: ")[2] for line in said] == ["of the user", "after"]


def test_reading_what_was_printed_moves_no_place_of_writing():
    """While one thread looks for the last line, others go on writing at the end."""
    with silenced("decoder"):
        os.write(2, b"first\n")
        place = os.lseek(2, 0, os.SEEK_CUR)
        assert fail_after(lambda: os.write(2, b"second\n")).reason == ""  # not alone
        with silenced("decoder") as heard:
            heard._alone = True
            os.write(2, b"third\n")
            assert heard.last_line() == "third"
        assert os.lseek(2, 0, os.SEEK_CUR) == place + len(b"second\nthird\n")


def test_what_is_printed_in_blocks_that_overlap_is_not_kept_without_end():
    sizes = []
    with silenced("decoder"):
        for _ in range(100):
            with silenced("decoder"):
                os.write(2, b"x" * 100_000)
                sizes.append(os.fstat(2).st_size)
    assert 1_000_000 < max(sizes) < 1_300_000
