"""Pictures and number files: reading, colours and ranges, writing whole or not at all."""
