"""The groups of options on help pages that have a place of their own; the others stand between these."""

# What a newcomer needs comes first. What is seldom needed comes last, and on the long page alone.
ESSENTIALS, MESSAGES, ADVANCED = "Essentials", "Speed and messages", "Advanced"
