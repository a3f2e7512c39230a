"""Mechanics without meaning: this floor knows nothing of video, people or money."""
