"""Read, write and export kernel files, and read the matrices of other tools."""
