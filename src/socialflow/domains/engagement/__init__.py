"""What people do with videos and posts: comments, likes, dislikes and reactions.

Owns `comments` with what hangs on them (`comment_versions`, `comment_photos`, `comment_mentions`, `comment_rules`),
`likes`, `dislikes`, `reactions`, `reaction_counts` and `custom_emojis`. Promises that liking twice is liking once,
that nobody likes and dislikes one thing, that a counter equals what it counts, that nothing can be said about, read
below, or liked on what one may not see, that what waits for approval or was hidden is told to its author and to whoever
keeps comments in order alone, and that a thread keeps its shape when a comment in it is deleted or hidden.
"""
