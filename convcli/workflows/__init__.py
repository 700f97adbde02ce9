"""What happens after a command: read, compute, to pixels, write, report."""
