"""The social graph: who follows which channel.

Owns `follows`. Promises that following twice is following once, and that a channel's counters equal its rows.
"""
