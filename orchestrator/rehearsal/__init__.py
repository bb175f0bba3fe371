"""Rehearsal: real machines on this host in place of the clouds; a program of its own that adapters start."""
