import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from convcli import atomic_write
from convcli.atomic_write import write_bytes
from convcli.errors import OutputError
from tests.failing import failing


def left_in(folder):
    return sorted(os.listdir(folder))


def test_a_new_file_gets_the_usual_permissions(tmp_path):
    mask = os.umask(0o027)
    try:
        write_bytes(tmp_path / "a.png", b"hello")
    finally:
        os.umask(mask)
    assert (tmp_path / "a.png").read_bytes() == b"hello"
    assert stat.S_IMODE((tmp_path / "a.png").stat().st_mode) == 0o640
    assert left_in(tmp_path) == ["a.png"]


def test_an_existing_file_is_replaced_and_keeps_its_permissions(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"before, and longer")
    path.chmod(0o604)
    write_bytes(path, b"after")
    assert path.read_bytes() == b"after"
    assert stat.S_IMODE(path.stat().st_mode) == 0o604
    assert left_in(tmp_path) == ["a.png"]


def test_a_link_stays_and_its_target_is_replaced(tmp_path):
    (tmp_path / "there").mkdir()
    target = tmp_path / "there" / "target.png"
    target.write_bytes(b"before")
    link = tmp_path / "link.png"
    link.symlink_to(Path("there") / "target.png")
    write_bytes(link, b"after")
    assert link.is_symlink()
    assert target.read_bytes() == b"after"
    assert left_in(tmp_path / "there") == ["target.png"]


def test_a_link_to_nothing_makes_its_target(tmp_path):
    link = tmp_path / "link.png"
    link.symlink_to("target.png")
    write_bytes(link, b"after")
    assert (tmp_path / "target.png").read_bytes() == b"after"
    assert link.is_symlink()


def test_a_circle_of_links_is_refused(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OutputError, match="cannot be written"):
        write_bytes(tmp_path / "a", b"x")
    assert left_in(tmp_path) == ["a", "b"]


def test_a_device_is_written_to_directly():
    write_bytes("/dev/null", b"x" * 100)
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_full_device_is_said():
    with pytest.raises(OutputError, match="No space left") as caught:
        write_bytes("/dev/full", b"x")
    assert "space" in caught.value.hint


def test_a_pipe_is_written_to_directly(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    write_bytes(pipe, b"x" * 200_000)
    reader.join()
    assert got == [b"x" * 200_000]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


FAILURES = {
    "disk full": ("write", OSError(errno.ENOSPC, "No space left on device"), OutputError),
    "quota": ("write", OSError(errno.EDQUOT, "Disk quota exceeded"), OutputError),
    "sync": ("fsync", OSError(errno.EIO, "Input/output error"), OutputError),
    "rename": ("replace", OSError(errno.EPERM, "Operation not permitted"), OutputError),
    "mode": ("chmod", OSError(errno.EPERM, "Operation not permitted"), OutputError),
    "Ctrl-C while writing": ("write", KeyboardInterrupt(), KeyboardInterrupt),
    "Ctrl-C while syncing": ("fsync", KeyboardInterrupt(), KeyboardInterrupt),
    "Ctrl-C before renaming": ("replace", KeyboardInterrupt(), KeyboardInterrupt),
}


@pytest.mark.parametrize("exists", [False, True])
@pytest.mark.parametrize(("function", "failure", "raised"), FAILURES.values(), ids=FAILURES)
def test_a_failure_leaves_everything_as_it_was(tmp_path, monkeypatch, function, failure, raised, exists):
    path = tmp_path / "a.png"
    if exists:
        path.write_bytes(b"before")

    def fail(*_, **__):
        raise failure

    with monkeypatch.context() as patch:
        patch.setattr(atomic_write.os, function, fail)
        with pytest.raises(raised):
            write_bytes(path, b"after")
    assert left_in(tmp_path) == (["a.png"] if exists else [])
    if exists:
        assert path.read_bytes() == b"before"


def test_writing_in_pieces(tmp_path, monkeypatch):
    whole = os.write
    monkeypatch.setattr(atomic_write.os, "write", lambda handle, data: whole(handle, bytes(data[:3])))
    write_bytes(tmp_path / "a", b"0123456789")
    assert (tmp_path / "a").read_bytes() == b"0123456789"


def test_the_bytes_are_on_the_disk_before_they_get_their_name(tmp_path, monkeypatch):
    calls = []
    for name in ("fsync", "replace"):
        plain = getattr(os, name)
        monkeypatch.setattr(
            atomic_write.os,
            name,
            lambda *args, _plain=plain, _name=name: (calls.append(_name), _plain(*args))[1],
        )
    write_bytes(tmp_path / "a", b"x")
    assert calls == ["fsync", "replace", "fsync"]


ERRORS = {
    "a folder is missing": ("nowhere/a.png", "folder '.*nowhere' does not exist", "make the folder"),
    "a folder": (".", "is a folder", "name a file"),
    "a file for a folder": ("file/a.png", "Not a directory", "not a folder"),
    "a long name": ("x" * 300, "name too long", "shorter"),
    "a NUL": ("a\0b", "null", "another name"),
}


@pytest.mark.parametrize(("name", "message", "hint"), ERRORS.values(), ids=ERRORS)
def test_impossible_places_are_said(tmp_path, name, message, hint):
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(OutputError, match=f"(?i){message}") as caught:
        write_bytes(os.path.join(tmp_path, name), b"x")
    assert hint in caught.value.hint
    assert left_in(tmp_path) == ["file"]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_folders_that_may_not_be_written_to(tmp_path, monkeypatch, number):
    monkeypatch.setattr(atomic_write, "_temporary", failing(number))
    with pytest.raises(OutputError, match="cannot be written") as caught:
        write_bytes(tmp_path / "a.png", b"x")
    assert "another folder" in caught.value.hint


def test_names_are_any_bytes(tmp_path):
    name = os.fsdecode(b"caf\xe9 \n.png")
    write_bytes(os.path.join(tmp_path, name), b"x")
    assert os.listdir(os.fsencode(tmp_path)) == [b"caf\xe9 \n.png"]
    with pytest.raises(OutputError) as caught:
        write_bytes(os.path.join(tmp_path, name, "a"), b"x")
    caught.value.message.encode()
    assert "\n" not in caught.value.message
