"""What people put aside and come back to: playlists, watch later, saved things, and what they have watched.

Owns `playlists`, `playlist_items`, `playlist_collaborators`, `saves`, `watches` and `player_settings`. Promises that
the order of a playlist survives whatever several people do to it at once, that a place on it tells nothing of a video
that its reader may not see, that putting something aside twice is putting it aside once, and that what somebody watched
and where they stopped is told to nobody else, and kept for nobody who does not want it.
"""
