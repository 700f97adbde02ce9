"""Read, write and export kernel files."""
