"""``convcli help``."""
