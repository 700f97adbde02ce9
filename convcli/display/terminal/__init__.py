"""Terminal output: coloured cells, pictures, sparklines, tables."""
