"""The Encoder on ffmpeg: sandboxed, in chunks of time, resumable, one fragmented MP4 per rendition.

binaries    which ffmpeg and ffprobe            sniff       first bytes -> demuxer, or refusal
sandbox     bars around every run               probe       ffprobe's answer, believed narrowly
  launcher    puts them up and becomes ffmpeg   ladder      what to make (pure)
  seccomp     forbidden system calls            sounds      which tracks to make (pure)
  process     deadline, no survivors            encode      chunks of all rungs
tool        argv in, files by rename out        sound       tracks of one sound
boxes       reads fragmented MP4                loudness    measured, and made equal
validate    promised length against made        remux       the source's own picture and sound
video       arguments of each encoder           sampling    how good qualities look
hardware    what can be encoded there           images      poster, thumbhash, storyboard
package     joins, indexes                      manifests   HLS and DASH text (pure)
userdata    what cameras say between pictures
encoder     puts these together as the port
"""

from socialflow.adapters.encoder.ffmpeg.encoder import FfmpegEncoder
from socialflow.adapters.encoder.ffmpeg.ladder import Titles, Wishes
from socialflow.adapters.encoder.ffmpeg.sounds import Wishes as SoundWishes

__all__ = ["FfmpegEncoder", "SoundWishes", "Titles", "Wishes"]
