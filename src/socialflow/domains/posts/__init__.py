"""What people say with more than a video: words, photos, polls, quotes and replies, and the hashtags that gather them.

Owns `posts` with their versions, photos, polls, votes, mentions and previews of links, `reposts`, `hashtags` and who
follows them, and `posting_settings`. Promises that one rule decides who sees a post, in lists, threads, quotes and
files alike; that what a post mentions, tags and links to is read from its words by the server; that nobody votes,
reposts or is published twice; and that a thread keeps its shape when a post in it is deleted.
"""
