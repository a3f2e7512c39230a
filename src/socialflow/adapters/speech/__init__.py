"""Adapters of the Speech port."""
