"""Converts dated facts from public sources into the built-in catalogue (orchestrator/catalog/data)."""
