"""The work of ``convcli spectrum``: read, check the convolution theorem, draw."""

import os
from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from convcli.choices import STDIN, PadMode
from convcli.commands.spectrum.signal_view import SignalSpectra
from convcli.commands.spectrum.view import MOST_DRAWN, Spectra
from convcli.display.drawn.lettering import font_notes
from convcli.display.words import printable, size
from convcli.engine.analysis.convolution_theorem import Theorem, theorem
from convcli.errors import GeometryError
from convcli.imaging.image import Image
from convcli.kernels.analysis import character, gain, rank
from convcli.kernels.spec import kernel, kernel_files
from convcli.limits import SHOWN_WEIGHTS
from convcli.options.specs import ReadSpec, WriteSpec
from convcli.pipeline.batch import Batch, Outcome, Source, check_inputs, count_inputs
from convcli.pipeline.inputs import as_gray, left_out, read_source
from convcli.pipeline.loaded_kernels import without_folders
from convcli.pipeline.naming import OutputPaths, into_folder
from convcli.pipeline.result_files import write_drawing
from convcli.pipeline.signals import one_row

__all__ = ["spectrum_files"]


def spectrum_files(
    inputs: Sequence[str],
    spec: str,
    reading: ReadSpec,
    writing: WriteSpec,
    *,
    convolve: bool,
    normalize: bool,
) -> Batch:
    """Check the theorem on each input, and draw it.

    A picture is written where `writing` names a file, folder or format, else the terminal is drawn to.
    """
    check_inputs(inputs, [spec])
    found = kernel(spec)
    called = found.name if spec == STDIN else spec
    if normalize:
        found = found.normalized()
    for weights in found.components:
        SHOWN_WEIGHTS.check(weights.size, "use a smaller kernel", what=f"kernel {found.name!r}: its size")
        if weights.ndim != 2:
            raise GeometryError(
                f"kernel {found.name!r} sums over {len(weights)} channels, and a spectrum is of one",
                hint="give a kernel of one matrix",
            )
    count = count_inputs(inputs, reading)
    writing = into_folder(writing)
    draws = (writing.output, writing.out_dir, writing.format) != (None, None, None)
    naming = OutputPaths(writing, count, inputs, also_read=kernel_files([spec])) if draws else None

    def work(source: Source) -> Outcome:
        image = read_source(source, reading)
        used = one_row(found) if image.signal else found
        notes = [*used.notes, *image.notes, *left_out(image, "taken", "takes")]
        if image.frames[0].channels > 1:
            notes.append("colours are taken as luma (Rec. 601)")
        pixels = as_gray(image).frames[0].pixels
        proofs = [(weights, theorem(pixels, weights, convolve=convolve)) for weights in used.components]
        report = _report(source, called, pixels.shape, proofs, convolve=convolve)
        lines = _verdict(proofs)
        kind = SignalSpectra if image.signal else Spectra
        spectra = kind(_title(source, image, called, convolve=convolve), lines, pixels, proofs, convolve)
        if naming is None:
            return Outcome(input=source.path, drawing=spectra, report=report, notes=tuple(notes))
        (target,) = naming.targets(source, (f"{found.stem}-spectrum",), "png")
        done = write_drawing(source, target, spectra.picture(), writing)
        notes += font_notes(spectra.title)
        return done._replace(report={**report, "output": target.path}, notes=(*lines, *notes))

    return Batch(inputs, reading, work, naming is not None and naming.to_stdout)


def _title(source: Source, image: Image, called: str, *, convolve: bool) -> str:
    how = "convolved" if convolve else "correlated"
    luma = ", luma" if image.frames[0].channels > 1 else ""
    picture = f"{printable(os.path.basename(source.name))} ({size(image.frames[0].size)}{luma})"
    return f"{picture} {how} with {without_folders(called)!r}, wrap padding"


def _verdict(proofs: Sequence[tuple[NDArray[Any], Theorem]]) -> list[str]:
    lines = []
    if len(proofs) > MOST_DRAWN:
        lines.append(f"the first {MOST_DRAWN} of {len(proofs)} components are drawn, all are compared")
    space = max(proof.difference for _, proof in proofs)
    spectral = max(proof.spectral_difference for _, proof in proofs)
    apart = f"{space:.2g} of the largest result, {spectral:.2g} of the largest magnitude of its spectrum"
    if not any(proof.direct.any() for _, proof in proofs):
        apart = f"{space:.2g}, every result being 0"
    verdict = "more than rounding explains: the convolution theorem is not confirmed"
    if all(proof.holds for _, proof in proofs):
        verdict = "the convolution theorem holds to rounding"
    lines.append(f"Largest difference between product of spectra and sliding window: {apart}; {verdict}.")
    return lines


def _report(
    source: Source,
    called: str,
    shape: Sequence[int],
    proofs: Sequence[tuple[NDArray[Any], Theorem]],
    *,
    convolve: bool,
) -> dict[str, Any]:
    return {
        "input": source.path,
        "kernel": called,
        "pad": PadMode.WRAP.value,
        "convolve": convolve,
        "size": list(shape),
        "max_difference": max(proof.difference for _, proof in proofs),
        "max_difference_of_spectra": max(proof.spectral_difference for _, proof in proofs),
        "components": [
            {
                "size": list(weights.shape),
                "kind": character(weights).value,
                "rank": rank(weights),
                "separable": rank(weights) <= 1,
                "gain": gain(weights),
                "max_difference": proof.difference,
                "max_difference_of_spectra": proof.spectral_difference,
            }
            for weights, proof in proofs
        ],
    }
