"""What is drawn into pictures: plots, colour scales, labelled sheets."""
