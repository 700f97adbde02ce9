"""What people see in the terminal: tables, heat pictures, plots."""
