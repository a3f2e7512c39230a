"""Feeds: what is new from the channels that one follows, what is new at all, and what is liked most lately.

Owns `feed_snapshots`. Promises that a feed holds only what its reader may see at that moment, that a chronological
feed repeats and skips nothing, and that every entry says why it is there.
"""
