"""Recognise the named kernel, and its parameters, that given weights are."""
