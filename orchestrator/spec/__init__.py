"""The spec: fleet.yaml and the hosts files it names, read into a Fleet."""

from orchestrator.spec.load import load_fleet

__all__ = ["load_fleet"]
