"""Drawing primitives that commands share: for the terminal, for pictures, for pages."""
