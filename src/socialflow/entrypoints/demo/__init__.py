"""Demo people and clips: made by ffmpeg's own generators, brought in only through the public HTTP API."""
