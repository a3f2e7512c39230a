"""Adapters of the Editor port."""
