"""Huge pictures, worked on in bands of rows."""
