"""Options are parsed once: what they mean is a value from there on."""

import sys
from collections import Counter
from types import FrameType

from tests.paths import SAMPLES
from tests.program import Convcli

LIMITS = {"as_pair": 6, "PadMode.parse": 2, "as_padding": 2, "_pixels": 2}


def test_options_are_parsed_once(convcli: Convcli):
    calls: Counter[str] = Counter()

    def count(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and "convcli" in frame.f_code.co_filename:
            calls[frame.f_code.co_qualname] += 1

    sys.setprofile(count)
    try:
        ran = convcli("filter", SAMPLES / "notes-5x5.csv", "-k", "sobel", "-p", "mirror", "-o", "-")
    finally:
        sys.setprofile(None)
    assert ran.status == 0, ran.err
    assert calls["PadMode.parse"] == 1
    assert {name: calls[name] for name in LIMITS if calls[name] > LIMITS[name]} == {}
