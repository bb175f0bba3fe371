"""Values in, text out: plans, findings and status as people and scripts read them."""
