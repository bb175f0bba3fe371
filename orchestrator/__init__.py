"""The decentralized node-hosting orchestrator: places fleets under anti-concentration rules and keeps them so."""

__version__ = "0.1.0"
