"""Zarr stores: where they are, and how their arrays are laid out."""
