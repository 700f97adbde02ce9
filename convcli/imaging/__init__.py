"""Pictures: reading, colours, ranges and bit depths, writing."""
