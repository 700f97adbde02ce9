import errno
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from convcli import atomic_write, temporary_files
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


def test_the_same_bytes_count_as_written_again(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"whole")
    before = path.stat()
    write_bytes(path, b"whole", replace=False, again=True)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    for other in (b"whol", b"whole!", b"other"):
        with pytest.raises(OutputError, match="is already there"):
            write_bytes(path, other, replace=False, again=True)
    assert path.read_bytes() == b"whole"
    with pytest.raises(OutputError, match="is already there"):
        write_bytes(path, b"whole", replace=False)
    write_bytes(path, b"other", replace=True, again=True)
    assert path.read_bytes() == b"other"
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


def bytes_of(path):
    return path.read_bytes() if path.exists() else None


FAILURES = {
    "disk full": ("write", OSError(errno.ENOSPC, "No space left on device"), OutputError),
    "quota": ("write", OSError(errno.EDQUOT, "Disk quota exceeded"), OutputError),
    "sync": ("fsync", OSError(errno.EIO, "Input/output error"), OutputError),
    "naming": ("link", OSError(errno.ENOSPC, "No space left on device"), OutputError),
    "rename": ("replace", OSError(errno.EPERM, "Operation not permitted"), OutputError),
    "mode": ("chmod", OSError(errno.EPERM, "Operation not permitted"), OutputError),
    "Ctrl-C while writing": ("write", KeyboardInterrupt(), KeyboardInterrupt),
    "Ctrl-C while syncing": ("fsync", KeyboardInterrupt(), KeyboardInterrupt),
    "Ctrl-C before naming": ("link", KeyboardInterrupt(), KeyboardInterrupt),
    "Ctrl-C before renaming": ("replace", KeyboardInterrupt(), KeyboardInterrupt),
}
# What a new file needs not, and what one that replaces another needs not.
UNUSED = {False: ("replace", "chmod"), True: ("link",)}


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
        if function in UNUSED[exists]:
            write_bytes(path, b"after")
        else:
            with pytest.raises(raised):
                write_bytes(path, b"after")
    kept = b"after" if function in UNUSED[exists] else b"before" if exists else None
    assert bytes_of(path) == kept
    assert left_in(tmp_path) == ([] if kept is None else ["a.png"])


def test_writing_in_pieces(tmp_path, monkeypatch):
    whole = os.write
    monkeypatch.setattr(atomic_write.os, "write", lambda handle, data: whole(handle, bytes(data[:3])))
    write_bytes(tmp_path / "a", b"0123456789")
    assert (tmp_path / "a").read_bytes() == b"0123456789"


@pytest.mark.parametrize("exists", [False, True])
def test_the_bytes_are_on_the_disk_before_they_get_their_name(tmp_path, monkeypatch, exists):
    path = tmp_path / "a"
    if exists:
        path.write_bytes(b"before")
    calls = []
    for name in ("fsync", "replace", "link"):
        plain = getattr(os, name)
        monkeypatch.setattr(
            atomic_write.os,
            name,
            lambda *args, _plain=plain, _name=name, **how: (calls.append(_name), _plain(*args, **how))[1],
        )
    write_bytes(path, b"x")
    assert calls == ["fsync", "replace" if exists else "link", "fsync"]


def without_names(monkeypatch, *, links=True):
    """Make the system one that has no files without names, and no links unless told otherwise."""
    plain = os.open

    def opened(path, flags, *rest, **how):
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(errno.EOPNOTSUPP, "Operation not supported")
        return plain(path, flags, *rest, **how)

    monkeypatch.setattr(atomic_write.os, "open", opened)
    if not links:
        monkeypatch.setattr(atomic_write.os, "link", failing(errno.EPERM))


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("replace", [True, False])
def test_file_systems_without_files_without_names(tmp_path, monkeypatch, links, replace):
    without_names(monkeypatch, links=links)
    mask = os.umask(0o027)
    try:
        write_bytes(tmp_path / "a.png", b"hello", replace=replace)
    finally:
        os.umask(mask)
    assert (tmp_path / "a.png").read_bytes() == b"hello"
    assert stat.S_IMODE((tmp_path / "a.png").stat().st_mode) == 0o640
    assert left_in(tmp_path) == ["a.png"]


def test_a_system_without_a_list_of_open_files(tmp_path, monkeypatch):
    """As where /proc is not there: the link from an open file to a name cannot be made."""
    plain = os.link
    asked = []

    def link(name, *rest, **how):
        asked.append(name)
        if str(name).startswith("/proc"):
            raise FileNotFoundError(errno.ENOENT, "No such file or directory")
        return plain(name, *rest, **how)

    monkeypatch.setattr(atomic_write.os, "link", link)
    write_bytes(tmp_path / "a.png", b"hello")
    assert asked[0].startswith("/proc/self/fd/")
    assert (tmp_path / "a.png").read_bytes() == b"hello"
    assert left_in(tmp_path) == ["a.png"]


@pytest.mark.parametrize("system", ["Linux", "no files without names", "no links either"])
@pytest.mark.parametrize("replace", [True, False])
def test_another_process_is_faster(tmp_path, monkeypatch, system, replace):
    if system != "Linux":
        without_names(monkeypatch, links=system == "no files without names")
    path = tmp_path / "a.png"
    plain = os.fsync

    def sync(handle):
        if not path.exists():
            path.write_bytes(b"theirs")
        plain(handle)

    monkeypatch.setattr(atomic_write.os, "fsync", sync)
    if replace:
        write_bytes(path, b"ours")
    else:
        with pytest.raises(OutputError, match="is already there") as caught:
            write_bytes(path, b"ours", replace=False)
        assert "--force" in caught.value.hint
    assert path.read_bytes() == (b"ours" if replace else b"theirs")
    assert left_in(tmp_path) == ["a.png"]


def test_what_is_there_is_left_where_it_must_not_be_replaced(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"before")
    with pytest.raises(OutputError, match="is already there"):
        write_bytes(path, b"after", replace=False)
    assert path.read_bytes() == b"before"
    assert left_in(tmp_path) == ["a.png"]


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="no extended attributes")
def test_extended_attributes_are_kept(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"before")
    try:
        os.setxattr(path, "user.origin", b"camera 3")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    write_bytes(path, b"after")
    assert os.getxattr(path, "user.origin") == b"camera 3"
    assert path.read_bytes() == b"after"


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() != 0, reason="only root gives files away")
def test_the_owner_is_kept(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"before")
    os.chown(path, 12345, 23456)
    path.chmod(0o4750)
    write_bytes(path, b"after")
    found = path.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (12345, 23456, 0o4750)


def test_where_the_owner_may_not_be_kept_the_file_is_written_all_the_same(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(b"before")
    path.chmod(0o4751)
    if os.geteuid() == 0:
        os.chown(path, 12345, 23456)
        path.chmod(0o4751)
        monkeypatch.setattr(atomic_write.os, "fchown", failing(errno.EPERM))
        expected = 0o751  # a program that runs as its owner must not run as another
    else:
        expected = 0o4751
    write_bytes(path, b"after")
    assert path.read_bytes() == b"after"
    assert stat.S_IMODE(path.stat().st_mode) == expected


def test_permissions_are_never_wider_meanwhile(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(b"before")
    path.chmod(0o600)
    seen = []
    plain = os.write

    def write(handle, data):
        seen.append(stat.S_IMODE(os.fstat(handle).st_mode))
        return plain(handle, data)

    monkeypatch.setattr(atomic_write.os, "write", write)
    write_bytes(path, b"after")
    assert seen == [0o600]


# A process writes a file, and is sent a signal when the bytes are on the disk.
SIGNALLED = """
import os, sys
from convcli import atomic_write, temporary_files

folder, name, number, system = sys.argv[1:]
plain_sync, plain_open = os.fsync, os.open

def sync(handle):
    plain_sync(handle)
    os.kill(os.getpid(), int(number))

def opened(path, flags, *rest, **how):
    if flags & os.O_TMPFILE == os.O_TMPFILE:
        raise OSError(95, "Operation not supported")
    return plain_open(path, flags, *rest, **how)

os.fsync = sync
if system == "named":
    os.open = opened
atomic_write.write_bytes(os.path.join(folder, name), b"after" * 1000)
"""
SIGNALS = ["SIGTERM", "SIGHUP", "SIGALRM", "SIGUSR1", "SIGUSR2", "SIGQUIT", "SIGINT", "SIGKILL"]


def signalled(folder, name, number, system="named"):
    return subprocess.run(
        [sys.executable, "-c", SIGNALLED, folder, name, str(int(number)), system],
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("system", ["named", "nameless"])
@pytest.mark.parametrize("name", SIGNALS)
def test_signals_leave_nothing(tmp_path, name, system):
    """SIGKILL, which no process can handle, leaves nothing where files without names can be had."""
    number = getattr(signal, name)
    (tmp_path / "old.png").write_bytes(b"before")
    for target in ("old.png", "new.png"):
        done = signalled(tmp_path, target, number, system)
        assert done.returncode == -number
        assert name == "SIGINT" or done.stderr == b""
        left = left_in(tmp_path)
        if name == "SIGKILL" and (system == "named" or target == "old.png"):
            (part,) = [one for one in left if one.endswith(".part")]
            os.unlink(tmp_path / part)
        else:
            assert left == ["old.png"]
        assert (tmp_path / "old.png").read_bytes() == b"before"


def test_the_next_write_removes_what_a_killed_process_left(tmp_path, monkeypatch):
    (tmp_path / "old.png").write_bytes(b"before")
    assert signalled(tmp_path, "old.png", signal.SIGKILL).returncode == -signal.SIGKILL
    (part,) = [one for one in left_in(tmp_path) if one != "old.png"]
    assert part.endswith(".part")
    monkeypatch.setattr(temporary_files, "_swept", set())
    write_bytes(tmp_path / "new.png", b"after")
    assert left_in(tmp_path) == ["new.png", "old.png"]


def test_what_may_still_be_written_to_is_not_removed(tmp_path, monkeypatch):
    """Of this process, of another computer, of the old kind of names but young, and what is not ours."""
    here, day = temporary_files._computer(), 86_400
    kept = {
        f".convcli-{here}-{os.getpid()}-0123456789ab.part": 0,
        ".convcli-00000000-999999999-0123456789ab.part": 0,
        ".convcli-0123456789ab.part": 0,
        ".convcli-notes.part": 9 * day,
        f".convcli-{here}-999999999-0123456789ab.part.png": 9 * day,
        "x.part": 9 * day,
    }
    removed = {
        ".convcli-00000000-1-0123456789ab.part": 2 * day,
        ".convcli-0123456789ac.part": 2 * day,
        f".convcli-{here}-999999999-0123456789ab.part": 0,
    }
    now = time.time()
    for name, age in {**kept, **removed}.items():
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, (now - age, now - age))
    link = tmp_path / f".convcli-{here}-999999998-0123456789ab.part"
    link.symlink_to("x.part")
    monkeypatch.setattr(temporary_files, "_swept", set())
    write_bytes(tmp_path / "new.png", b"after")
    assert left_in(tmp_path) == sorted([*kept, link.name, "new.png"])


@pytest.mark.parametrize("name", ["/dev/fd/{}", "/proc/self/fd/{}", "/dev/../dev/fd/{}"])
def test_open_files_are_written_to_by_their_number(tmp_path, name):
    """The rest of the file stays, as of a log that a shell appends to."""
    with open(tmp_path / "log", "wb") as log:
        log.write(b"first ")
        log.flush()
        write_bytes(name.format(log.fileno()), b"second")
        log.write(b" third")
    assert (tmp_path / "log").read_bytes() == b"first second third"
    assert left_in(tmp_path) == ["log"]


def test_a_link_to_an_open_file(tmp_path):
    reader, writer = os.pipe()
    (tmp_path / "link").symlink_to(f"/dev/fd/{writer}")
    write_bytes(tmp_path / "link", b"hello")
    os.close(writer)
    with open(reader, "rb") as pipe:
        assert pipe.read() == b"hello"
    assert left_in(tmp_path) == ["link"]


def test_a_number_that_is_not_open():
    with pytest.raises(OutputError, match="Bad file descriptor") as caught:
        write_bytes("/dev/fd/987", b"x")
    assert "not open" in caught.value.hint


def test_a_reader_that_ends_early():
    reader, writer = os.pipe()
    os.close(reader)
    with pytest.raises(OutputError, match="Broken pipe") as caught:
        write_bytes(f"/dev/fd/{writer}", b"x" * 100_000)
    os.close(writer)
    assert "ended early" in caught.value.hint


def test_the_longest_names(tmp_path):
    name = "n" * 251 + ".png"
    write_bytes(tmp_path / name, b"new")
    write_bytes(tmp_path / name, b"again")
    assert (tmp_path / name).read_bytes() == b"again"
    assert left_in(tmp_path) == [name]


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


def test_an_abrupt_end_leaves_no_temporary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    seen = list[tuple[list[str], list[str]]]()

    def ended(_handle: int) -> None:  # a second Ctrl-C while the data go to the disk
        before = [one.name for one in tmp_path.glob(".*.part")]
        temporary_files.remove_temporaries()
        seen.append((before, [one.name for one in tmp_path.glob(".*.part")]))
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", ended)
    with pytest.raises(KeyboardInterrupt):
        write_bytes(path, b"new")
    [(before, after)] = seen
    assert len(before) == 1
    assert after == []
    assert path.read_bytes() == b"old"


def test_without_proc_only_age_tells_that_a_temporary_file_is_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(temporary_files, "_computer", lambda: temporary_files._UNKNOWN)
    dead = tmp_path / f".convcli-{temporary_files._UNKNOWN}-{2**22 + 1}-0123456789ab.part"
    dead.write_bytes(b"")
    temporary_files._remove_stale(str(tmp_path))
    assert dead.exists()
    os.utime(dead, (0, 0))
    temporary_files._remove_stale(str(tmp_path))
    assert not dead.exists()


def test_large_folders_are_not_looked_through_to_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        (tmp_path / f".convcli-{number:012x}.part").write_bytes(b"")
        os.utime(tmp_path / f".convcli-{number:012x}.part", (0, 0))
    monkeypatch.setattr(temporary_files, "_LOOKED_THROUGH", 15)
    temporary_files._remove_stale(str(tmp_path))
    assert len(left_in(tmp_path)) == 5
