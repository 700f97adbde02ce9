"""``convcli pool``."""
