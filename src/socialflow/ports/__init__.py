"""Ports: what the domains ask of the outside world. Adapters answer."""
