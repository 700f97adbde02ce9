"""The tools that code is written for, a module each: its name begins with the tool's."""
