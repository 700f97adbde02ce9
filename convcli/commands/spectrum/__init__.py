"""``convcli spectrum``."""
