"""Caches of other people's before our public files."""
