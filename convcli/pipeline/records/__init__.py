"""What is remembered of a batch: the manifest in the folder of its results."""
