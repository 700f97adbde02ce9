"""``convcli translate``."""
