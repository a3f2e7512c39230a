"""Public profiles: handles, names, pictures and the numbers on a profile's card.

Owns `channels`. Every account gets one with its registration, in the same transaction. Promises that a handle
belongs to one channel for ever and that the counters equal what they count.
"""
