"""A stack of layers explained, from one pixel of the last layer back to the picture."""
