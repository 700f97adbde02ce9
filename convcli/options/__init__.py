"""The options that several commands share, the frozen values that they become, and their completion."""
