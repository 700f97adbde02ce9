"""Mutated files, kernels, stacks and options: nothing hangs, breaks, warns or starts a program."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile.cases import KINDS, make
from tests.paths import ROOT

linux = pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory is counted by Linux")


def _run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, cwd=ROOT, timeout=600)


@linux
def test_hostile_inputs_are_refused_in_one_line(tmp_path: Path) -> None:
    ran = _run("-m", "tests.hostile", "--cases", "800", "--failures", str(tmp_path))
    assert ran.stderr == ""
    failed = [line.split(": ", 2) for line in ran.stdout.splitlines() if ": " in line]
    assert failed == []
    *rows, total = ran.stdout.splitlines()[len(failed) + 1 :]
    assert {row.split()[0] for row in rows} == {*KINDS}
    assert sum(map(int, total.split()[2:])) == 800


HASHES = """
import hashlib
from tests.hostile.cases import KINDS, make
for case in (make(kind, 3, number) for kind in KINDS for number in range(9)):
    print(hashlib.sha256(ascii(case).encode()).hexdigest())
"""


def test_a_case_is_always_the_same() -> None:
    first, second = (_run("-c", HASHES).stdout.split() for _ in range(2))
    assert first == second
    assert len({*first}) > 8 * len(KINDS)


def test_seeds_make_different_cases() -> None:
    for kind in KINDS:
        cases = [make(kind, seed, number) for seed in range(2) for number in range(20)]
        assert len({(case.arguments, *sorted(case.files.items())) for case in cases}) > 30


# What a program might do, and what the judge says to that.
DEEDS = {
    "print('done')": "fine",
    "sys.stderr.write('error: no; hint: yes\\n'); sys.exit(1)": "refused",
    "sys.stderr.write('error: no\\n'); sys.exit(1)": "no hint",
    "sys.stderr.write('in.npy: a note\\n')": "fine",
    "sys.stderr.write('in.npy: a \\x1b[31mnote\\n')": "raw control",
    "sys.stderr.write('error: no; hint: yes\\nand more\\n'); sys.exit(1)": "stray line",
    "os.write(2, b'TIFFReadDirectory: Warning\\n')": "stray line",
    "warnings.warn('careful', RuntimeWarning)": "stray line",
    "logging.getLogger('tifffile').warning('careful')": "stray line",
    "sys.exit(3)": "status",
    "1 / 0": "traceback",
    "raise MemoryError": "traceback",
    "end = time.process_time() + 2.1; [0 for _ in iter(lambda: time.process_time() < end, False)]": "slow",
    "np.ones(350 << 17).sum()": "memory",
    "os.system('true')": "starts a program",
    "subprocess.run(['true'])": "starts a program",
    "os.fork() or os._exit(0)": "starts a program",
    "os.abort()": "crash",
    "time.sleep(9)": "hang",
}


JUDGED = """
import json, logging, os, subprocess, sys, time, warnings
import numpy as np
from tests import program
from tests.hostile import judged, pool

number = next(n for n in range(99) if "in.npy" in pool.make("npy", 0, n).arguments)
for deed in json.load(sys.stdin):
    class Deed:
        def main(self, arguments, prog_name):
            exec(deed, globals())
    program.COMMANDS = Deed()
    judged.HANGS = 1.0 if "sleep" in deed else 15.0
    print(*[verdict.outcome for verdict in pool.verdicts([("npy", 0, number)] * 2, 1)], sep=", ")
"""


@linux
def test_the_judge_sees_what_is_wrong() -> None:
    """Each deed is done twice, so that what follows a failure is judged as well."""
    ran = _run("-c", JUDGED, stdin=json.dumps([*DEEDS]))
    found = dict(zip(DEEDS, ran.stdout.splitlines(), strict=True))
    assert found == {deed: f"{outcome}, {outcome}" for deed, outcome in DEEDS.items()}
