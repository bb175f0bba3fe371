"""Files that people write, read into frozen models; every error says file, line, column and what to do."""
