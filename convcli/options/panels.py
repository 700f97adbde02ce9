"""The groups of options on help pages that have a place of their own; the others stand between these."""

# The essentials come first; the advanced options come last, and on the long page alone.
ESSENTIALS, MESSAGES, ADVANCED = "Essentials", "Speed and messages", "Advanced"
