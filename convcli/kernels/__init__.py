"""Named kernels, the SPEC parser, kernel files, analysis and recognition."""
