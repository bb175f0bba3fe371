"""Converts the outline of the world's land from a public-domain source into the maps' own data file."""
