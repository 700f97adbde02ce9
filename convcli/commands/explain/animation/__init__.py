"""The animation of ``convcli explain --animate``."""
