"""Adapters of the Glimpses port."""
