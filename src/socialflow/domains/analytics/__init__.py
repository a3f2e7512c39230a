"""What is counted: how well videos play.

Owns `playback_sessions`. Promises that a row says nothing of who watched (no account, address or device), that a
report which comes twice counts once, and that rows go when their time is over, or with their video.
"""
