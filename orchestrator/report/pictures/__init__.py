"""Pictures of a review: what is drawn where, as values, and as SVG."""
