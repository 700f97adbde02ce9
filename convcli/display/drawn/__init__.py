"""Pictures drawn with Pillow: plots, colour scales, labelled sheets."""
