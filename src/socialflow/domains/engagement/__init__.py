"""What people do with videos: likes, comments, and how far they have watched.

Owns `likes`, `comments`, `watch_positions` and `player_settings`. Promises that liking twice is liking once, that a
counter equals what it counts, that nothing can be said about, read below, or liked on what one may not see, that a
thread keeps its shape when a comment in it is deleted, and that where somebody stopped is told to nobody else, and
kept for nobody who does not want it.
"""
