"""``convcli formats``."""
