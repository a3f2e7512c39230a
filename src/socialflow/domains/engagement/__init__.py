"""What people do with videos and posts: comments, likes, dislikes, reactions, and how far they have watched.

Owns `comments` with what hangs on them (`comment_versions`, `comment_photos`, `comment_mentions`, `comment_rules`),
`likes`, `dislikes`, `reactions`, `reaction_counts` and `custom_emojis`, `watch_positions` and `player_settings`.
Promises that liking twice is liking once, that nobody likes and dislikes one thing, that a counter equals what it
counts, that nothing can be said about, read below, or liked on what one may not see, that what waits for approval or
was hidden is its author's and the owner's alone, that a thread keeps its shape when a comment in it is deleted or
hidden, and that where somebody stopped is told to nobody else, and kept for nobody who does not want it.
"""
