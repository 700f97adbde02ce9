"""``convcli filter``."""
