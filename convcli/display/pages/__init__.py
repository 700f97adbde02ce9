"""Self-contained HTML pages: everything in one file, and nothing is ever asked of a network."""
