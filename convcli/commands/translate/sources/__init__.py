"""The calls of other tools that are read, a module each."""
