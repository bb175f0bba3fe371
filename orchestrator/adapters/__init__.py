"""The outside world, one system a file: each module turns calls on a tool, service or disk into values and errors."""
