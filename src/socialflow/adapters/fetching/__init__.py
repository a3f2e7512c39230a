"""Fetching from other people's servers."""
