"""Rules as bounds: what a rule allows of the counts, read alike by the solver, the review and the explanation."""
