"""Adapters: one per vendor, chosen in `entrypoints/bootstrap.py`."""
