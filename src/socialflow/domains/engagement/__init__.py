"""What people do with videos: likes and comments.

Owns `likes` and `comments`. Promises that liking twice is liking once, that a counter equals what it counts, that
nothing can be said about, read below, or liked on what one may not see, and that a thread keeps its shape when a
comment in it is deleted.
"""
