"""``convcli run``."""
