"""``convcli explain``."""
