"""Named kernels, the SPEC parser, kernel files, and what can be said about a kernel."""
