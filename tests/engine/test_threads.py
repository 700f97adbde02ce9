from threading import get_ident

import numpy as np
import pytest

from convcli.engine.blas import _controls, one_thread
from convcli.engine.threads import ITERATOR_BUFFER, Scratch, run, thread_count
from convcli.errors import UsageError


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_every_piece_once(threads):
    done = []
    run(lambda piece, _: done.append(piece), range(100), threads)
    assert sorted(done) == list(range(100))


def test_one_thread_stays_in_the_calling_one():
    seen = set()
    run(lambda *_: seen.add(get_ident()), range(5), 1)
    assert seen == {get_ident()}


@pytest.mark.parametrize("threads", [1, 3])
def test_an_exception_stops_the_work_and_comes_out(threads):
    done = []

    def work(piece, _):
        if piece == 3:
            raise ZeroDivisionError("piece 3")
        done.append(piece)

    with pytest.raises(ZeroDivisionError, match="piece 3"):
        run(work, range(100_000), threads)
    assert len(done) < 99_999


def test_floating_point_warnings_stay_inside():
    found = []
    run(lambda *_: found.append(np.float32(3e38) * np.ones(1, np.float32) * 10), range(4), 2)
    assert np.isinf(found).all()
    with pytest.warns(RuntimeWarning, match="overflow"):
        np.float32(3e38) * np.ones(1, np.float32) * np.float32(10)


def test_scratch_is_reused_by_name_and_type():
    scratch = Scratch()
    first = scratch("a", (4, 5), np.dtype("f4"))
    assert np.shares_memory(first, scratch("a", (10,), np.dtype("f4")))
    assert not np.shares_memory(first, scratch("b", (10,), np.dtype("f4")))
    assert scratch("a", (50,), np.dtype("f4")).shape == (50,)


def test_thread_counts():
    assert thread_count(3) == 3
    assert thread_count(None) >= 1
    for wrong in (0, -1, 1.5):
        with pytest.raises(UsageError, match="jobs"):
            thread_count(wrong)


@pytest.mark.skipif(_controls() is None, reason="NumPy is not built with an OpenBLAS that can be found")
@pytest.mark.parametrize("threads", [1, 3])
def test_rows_are_not_gathered_in_buffers_and_the_setting_is_put_back(threads):
    before, seen = np.getbufsize(), []
    run(lambda _, __: seen.append(np.getbufsize()), range(6), threads)
    assert seen == [ITERATOR_BUFFER] * 6
    assert np.getbufsize() == before != ITERATOR_BUFFER


def test_blas_is_held_to_one_thread_and_set_free():
    get, put = _controls()
    before = get()
    put(2)
    try:
        with one_thread():
            assert get() == 1
            with one_thread():
                assert get() == 1
            assert get() == 1
        assert get() == 2
        with pytest.raises(ZeroDivisionError), one_thread():
            raise ZeroDivisionError
        assert get() == 2
    finally:
        put(before)
