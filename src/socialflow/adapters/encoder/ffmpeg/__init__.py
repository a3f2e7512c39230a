"""The Encoder on ffmpeg: sandboxed, in chunks of time, resumable, one fragmented MP4 per rendition.

binaries    which ffmpeg and ffprobe            sniff       first bytes -> demuxer, or refusal
sandbox     bars around every run               probe       ffprobe's answer, believed narrowly
  launcher    puts them up and becomes ffmpeg   ladder      what to make (pure)
  seccomp     forbidden system calls            encode      chunks of all rungs
  process     deadline, no survivors            remux       the source's picture, the sound
tool        argv in, files by rename out        images      poster, thumbhash, storyboard
boxes       reads fragmented MP4                package     joins, indexes
userdata    what cameras say between pictures
validate    promised length against made        manifests   HLS and DASH text (pure)
encoder     puts these together as the port
"""

from socialflow.adapters.encoder.ffmpeg.encoder import FfmpegEncoder

__all__ = ["FfmpegEncoder"]
