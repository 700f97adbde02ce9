"""A folder for each command: its options, its workflow, its report and its views."""
