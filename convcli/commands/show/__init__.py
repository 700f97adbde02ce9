"""``convcli show``."""
