"""The catalogue: videos with their titles, who may see them, and when they were published.

Owns `videos`. Promises that one rule decides who sees a video, in lists, details, comments, playback and files
alike; that a video is published once it is public and can be played; and that the counters on its row equal what
they count.
"""
