"""``convcli compare``."""
