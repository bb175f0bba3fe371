"""The decentralized node-hosting orchestrator: place a fleet under anti-concentration rules, provision it, keep it so."""

__version__ = "0.1.0"
