"""Encode pictures as files."""
