"""Pictures into files."""
