"""A batch keeps the memory that it frees, and lets go of what it has read while it writes."""

import platform
import subprocess
import sys
import weakref

import pytest

from convcli.commands.filter.workflow import filter_files
from convcli.options.specs import FilterSpec, ReadSpec, SheetSpec
from convcli.pipeline import process
from tests.paths import SAMPLES

FAULTS = """
import resource, sys
from convcli.pipeline.executors.freed_memory import keep_freed_memory
if sys.argv[1] == "keep":
    keep_freed_memory()
for _ in range(4):
    bytearray(40 << 20)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""


def faults(how: str) -> int:
    """Return how many pages were mapped for the last three of four blocks of 40 MiB."""
    ran = subprocess.run([sys.executable, "-c", FAULTS, how], capture_output=True, text=True, check=True)
    counted = [int(line) for line in ran.stdout.split()]
    return counted[-1] - counted[0]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be asked for it")
def test_memory_is_not_mapped_again():
    pages = 3 * (40 << 20) // 4096
    assert faults("keep") < pages // 100
    assert faults("leave") > pages // 600  # huge pages are 512 of them at once


def test_what_was_read_is_gone_while_it_is_written(tmp_path, monkeypatch):
    read, alive = [], []
    read_source, write_results = process.read_source, process.write_results

    def reading(*arguments):
        image = read_source(*arguments)
        read.append(weakref.ref(image.frames[0].pixels))
        return image

    def writing(*arguments):
        alive.append(read[-1]() is not None)
        return write_results(*arguments)

    monkeypatch.setattr(process, "read_source", reading)
    monkeypatch.setattr(process, "write_results", writing)
    for spec in (FilterSpec(), FilterSpec(linear=True), FilterSpec(gray=True)):
        writing_to = SheetSpec(out_dir=str(tmp_path), force=True)
        (done,) = filter_files(
            [str(SAMPLES / "coffee.png")], ["sobel-x"], spec, ReadSpec(), writing_to
        ).outcomes()
        assert done.error is None
    assert alive == [False, False, False]
