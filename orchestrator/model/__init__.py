"""Frozen nouns: the words that every other layer speaks. Imports nothing of the project."""
