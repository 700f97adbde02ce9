"""Read pictures from files."""
