"""Padding modes compared: the errors that each makes at the border of a filter or a stack."""
