"""Mutation testing of what decides: each small change of policy/ and placement/ must make a test fail."""
