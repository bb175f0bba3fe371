"""The project's own Go tool chain, for machines without one that is new enough."""
