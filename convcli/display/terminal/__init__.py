"""What is shown in a terminal: coloured cells, pictures, sparklines."""
