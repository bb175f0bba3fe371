"""Straight-line scripts in which the core meets the adapters: one a command."""
