"""Comparison of padding modes: the errors of each at the border of a filter or a stack."""
