"""Adapters of the port `places`."""
