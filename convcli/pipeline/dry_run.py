"""``--dry-run``: what would be read and written, by the first bytes of each input; nothing is touched."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from convcli.atomic_write import already_there
from convcli.choices import STDIN, STDOUT
from convcli.imaging.reading.read import read_format
from convcli.options.specs import ReadSpec
from convcli.pipeline.batch import Outcome, Source
from convcli.pipeline.naming import OutputPaths, Target
from convcli.stores.files import exists, joined

if TYPE_CHECKING:
    from convcli.pipeline.sheets import Sheets

__all__ = ["planned"]


def planned(
    source: Source,
    reading: ReadSpec,
    naming: OutputPaths,
    labels: Sequence[str],
    sheets: "Sheets | None",
    folders: Sequence[str] = (),
) -> Outcome:
    """Return the outcome that one input would have, with its files; raise what is known to go wrong.

    `folders` are written to as well.
    """
    stdin, writing = source.path == STDIN, naming.writing
    if stdin and writing.output is None and writing.out_dir is not None and writing.format is None:
        named = [joined(writing.out_dir, f"stdin-{label}.*") for label in labels]
        return _outcome(source, named, [])  # stdin is not read, so its format is not known
    format = "png" if stdin else read_format(source.path, source.name, reading.max_pixels)
    targets = naming.targets(source, labels, format)
    for target in targets:
        if target.path in naming.planned and not target.replace and not target.again:
            raise already_there(target.path, "another folder")  # an input that is given twice
        naming.planned.add(target.path)
    sheet = None if sheets is None else sheets.target(source, targets)
    results = [] if writing.only_shows else targets
    words = ["stdout" if one.path == STDOUT else one.path for one in (*results, *filter(None, [sheet]))]
    done = _outcome(source, [*words, *folders], results)
    if sheet is None or sheet.path == STDOUT:
        return done
    return done._replace(sheet=sheet.path, report={**done.report, "sheet": sheet.path})


def _outcome(source: Source, words: Sequence[str], targets: Sequence[Target]) -> Outcome:
    outputs = tuple(target.path for target in targets if target.path != STDOUT)
    done = Outcome(source.path, outputs)
    there = [target for target in targets if target.path != STDOUT and exists(target.path)]
    if not there or all(one.path == os.devnull for one in there):
        remark = ""
    elif all(target.replace for target in there):
        remark = "replaced"
    else:
        remark = "there already: an error unless its bytes are the same"
    report = {"input": source.path, "output": done.output, "skipped": False}
    return done._replace(report=report).as_listed(words or ["the terminal"], remark)
