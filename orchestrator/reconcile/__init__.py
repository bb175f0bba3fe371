"""What is against what should be: decisions on observations and on the lock, all pure."""
