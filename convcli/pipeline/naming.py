"""Output paths: a given name, one derived from the input's, or stdout; no file is overwritten unasked."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from convcli.atomic_write import already_there, error_kind
from convcli.choices import STDIN, STDOUT
from convcli.errors import OutputError, UsageError
from convcli.imaging.formats import Format, by_name, format_of, suffix_for
from convcli.imaging.writing.put import write_picture
from convcli.imaging.zarr.zarr_place import is_store
from convcli.open_files import is_stream
from convcli.options.specs import WriteSpec
from convcli.pipeline.batch import Source, refuse_inputs
from convcli.pipeline.written import MANIFEST, Stamp, Written, stamp
from convcli.stores.files import check_writable, exists, is_folder, is_url, joined, plain

if TYPE_CHECKING:
    from convcli.pipeline.records.manifest import Manifest

__all__ = ["OutputPaths", "Target", "file_in", "into_folder", "make_folder"]

# In the name after -o, the place of each feature map's label.
MAP = "{map}"


Spec = TypeVar("Spec", bound=WriteSpec)


class Target(NamedTuple):
    """An output path (``-`` is stdout), and the format of the file."""

    path: str
    format: Format
    replace: bool = True
    derived: bool = False  # from the name of an input; its folder is made
    again: bool = False  # a file of that name that holds the same bytes counts as written
    recorded: bool = False  # in the manifest of its folder, with its digest

    def write(self, data: bytes) -> Written | None:
        """Write the file, and return what a manifest has to know of it, if there may be one."""
        if self.derived:
            make_folder(os.path.dirname(self.path))
        write_picture(self.path, data, self.format, replace=self.replace, again=self.again)
        return self.written(data)

    def written(self, data: bytes | None = None) -> Written | None:
        """Return what a manifest has to know of the file, if there may be one; `data` are its bytes."""
        if not self.recorded:
            return None
        return Written.of(self.path, None if self.format.name == "zarr" else data)


def into_folder(writing: Spec) -> Spec:
    """Return `writing` with a folder that ``-o`` names as its ``--out-dir``."""
    if writing.output is None or not _is_folder(writing.output):
        return writing
    return writing.replace(output=None, out_dir=writing.output)


def file_in(output: str | None, label: str, source: str | None = None, *, force: bool) -> str | None:
    """Return `output`, or where that is a folder, a file in it named after `source` and `label`.

    A name that ends in a slash is a folder, which is made; an existing file is replaced only with `force`.
    """
    if output is None or not _is_folder(output):
        return output
    make_folder(output)
    path = joined(output, label if source is None else f"{Source(source).stem}-{label}")
    if exists(path) and not force:
        raise already_there(path)
    return path


def make_folder(folder: str) -> None:
    """Make `folder`, and those that it is in; not the current one, which has no name, nor in stores."""
    try:
        if folder and not is_url(folder) and not os.path.isdir(folder):
            os.makedirs(folder, exist_ok=True)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise error_kind(error)(
            f"folder {folder!r} cannot be made: {reason}", hint="choose another"
        ) from error


def _is_folder(output: str) -> bool:
    if output == STDOUT:
        return False
    if is_url(output) and os.path.splitext(plain(output))[1]:
        return False  # a store is not asked whether it has folders of such a name
    if is_store(output):
        return False
    return output.endswith((os.sep, os.altsep or os.sep)) or is_folder(output)


@dataclass
class OutputPaths:
    """Chooses the targets of a whole batch, remembering them so that no result replaces another."""

    writing: WriteSpec
    count: int | None  # of inputs; None when that is not known
    inputs: Sequence[str]  # as given
    floats: bool = False  # a derived name needs a format that holds floats
    also_read: Sequence[str] = ()  # other files that the command reads, as of kernels
    option: str = "-o"  # which names the output
    again: bool = False  # an interrupted run may have written results: they are compared, not refused
    planned: set[str] = field(default_factory=set)  # files that --dry-run has listed
    _taken: dict[str, str] = field(default_factory=dict)
    _begun: bool = field(init=False, default=False)  # whether an earlier run has left results in the folder

    def __post_init__(self) -> None:
        output, folder = self.writing.output, self.writing.out_dir
        self._begun = folder is not None and os.path.exists(os.path.join(folder, MANIFEST))
        if output not in (None, os.devnull) and self.count != 1:
            many = "several inputs" if self.count is None else f"{self.count} inputs"
            where = "stdout" if output == STDOUT else repr(output)
            other = " or --out-dir DIR" if self.option == "-o" else ""
            raise UsageError(
                f"{many} cannot all go to {where}", hint=f"name a folder: {self.option} DIR/{other}"
            )
        if output is not None and output != STDOUT:
            if not is_stream(output):
                format_of(output, self.writing.format)
            self._refuse_inputs(output, [*self.inputs, *self.also_read])
        elif self.writing.format is not None:
            by_name(self.writing.format)
        for path in (output, self.writing.out_dir):
            if path is not None and is_url(path):
                check_writable(path)

    @property
    def to_stdout(self) -> bool:
        """Whether a file's bytes go to stdout: ``-o -``, or stdin is the input and no name is given."""
        if self.writing.output is not None:
            return self.writing.output == STDOUT
        return list(self.inputs) == [STDIN] and self.writing.out_dir is None and not self.writing.only_shows

    @property
    def recorded(self) -> bool:
        """Whether results may be in a manifest: those of several inputs, and resumed ones."""
        return self.writing.out_dir is not None and (self.again or self.count != 1)

    def record(
        self, made_by: Iterable[object], beside: Iterable[str | None], *, resume: bool
    ) -> "Manifest | None":
        """Return the manifest of the batch, if results are recorded: see `Manifest`."""
        if resume and self.writing.out_dir is None:
            raise UsageError("--resume needs the folder of the results", hint="add --out-dir DIR, or -o DIR/")
        if not self.recorded or self.writing.out_dir is None:
            return None
        from convcli.pipeline.records.manifest import (
            Manifest,  # here for start-up: few batches are of several inputs
        )

        return Manifest(self.writing.out_dir, made_by, beside, resume=resume)

    def begun(self, source: Source) -> Stamp | None:
        """Return the stamp of an input that is about to be read, if a manifest wants it."""
        if not self.recorded or source.path == STDIN:
            return None
        return source.stamp or stamp(source.file)

    def targets(self, source: Source, labels: Sequence[str], read_format: str) -> list[Target]:
        """Return one target for each label, or a single one for all of them as channels of an array."""
        output = self.writing.output
        if self.to_stdout:
            found = [Target(STDOUT, self._format(suffix_for(read_format)))]
        elif output is None:
            found = [self._derived(source, label, read_format) for label in labels]
            if self.writing.only_shows:
                return found
        elif MAP in output:
            paths = [output.replace(MAP, label) for label in labels]
            found = [Target(path, format_of(path, self.writing.format)) for path in paths]
        elif is_stream(output):
            files = len(labels) if output == os.devnull else 1
            found = [Target(output, self._format(suffix_for(read_format)))] * files
        else:
            found = [Target(output, format_of(output, self.writing.format))]
        if len(found) < len(labels):
            _check_channels(found[0], len(labels))
        for target in found:
            self._check(source, target)
        return found

    def forget(self) -> None:
        """Forget which inputs have taken names: none of the next ones will want them."""
        self._taken.clear()

    def _format(self, suffix: str) -> Format:
        if self.writing.format is not None:
            return by_name(self.writing.format)
        found = by_name(suffix)
        return found if not self.floats or "float" in found.depths else by_name("npy")

    def _derived(self, source: Source, label: str, read_format: str) -> Target:
        own = "" if source.path == STDIN else os.path.splitext(plain(source.file))[1]
        format = self._format(own if _same_kind(own, read_format) else suffix_for(read_format))
        suffix = own if own.lower() in format.suffixes else format.suffix
        folder = joined(self.writing.out_dir or "", source.folder)
        path = joined(folder, f"{source.stem}-{label}{suffix}")
        replace = self.writing.force or source.made(path)
        return Target(path, format, replace, derived=True, again=self.again, recorded=self.recorded)

    def _check(self, source: Source, target: Target) -> None:
        if target.path in (STDOUT, os.devnull):
            return
        try:
            place = os.path.realpath(target.path)
        except (OSError, ValueError):  # as in a folder that is gone: writing says so
            place = target.path
        before = self._taken.setdefault(place, source.path)
        if before != source.path:
            raise OutputError(
                f"{target.path!r} already holds the result of {before!r}",
                hint="write them into different folders; a pattern such as '**/*.png' keeps their own",
            )
        if not is_url(target.path) and not os.path.lexists(target.path):
            return
        self._refuse_inputs(target.path, [source.path, *self.also_read])
        if not target.replace and not target.again and exists(target.path):
            other = "--resume, which skips what is done" if self._begun else "another folder"
            raise already_there(target.path, other if self.writing.out_dir else self.option)

    def _refuse_inputs(self, path: str, read: Sequence[str]) -> None:
        option = "" if self.writing.output is None else self.option
        refuse_inputs([path], read, force=self.writing.force, option=option)


def _same_kind(suffix: str, read_format: str) -> bool:
    """Whether a file with this suffix is what its content says: ``.ppm`` and ``.pgm`` are both PNM."""
    netpbm = (".ppm", ".pgm", ".pnm")
    return suffix.lower() in netpbm and suffix_for(read_format) in netpbm


def _check_channels(target: Target, maps: int) -> None:
    if "data" in target.format.spaces:
        return
    where = "stdout" if target.path == STDOUT else repr(target.path)
    raise UsageError(
        f"{maps} feature maps do not fit into {where} ({target.format.name})",
        hint="write {map} into the name for a file each, use .npy or .tif for channels, or --combine them",
    )
