"""The named kernel that given weights are, and its parameters."""
