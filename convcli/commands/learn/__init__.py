"""``convcli learn``."""
