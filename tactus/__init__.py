"""Tactus: a runtime for agent procedures."""

__version__ = "0.1.0"
