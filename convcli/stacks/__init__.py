"""Stacks of layers: the TOML format, its layers, weights from files, and running them."""
