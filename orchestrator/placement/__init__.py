"""Placement: counts of nodes by group and site, solved exactly, then made machines with as few moves as can be."""
