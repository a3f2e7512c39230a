"""What our manifests say agrees with what shaka-packager says of the same files."""

import re
import subprocess
from pathlib import Path

from tests.adapters.encoder.playing import JobOf, make_all

from socialflow.adapters.encoder.ffmpeg import FfmpegEncoder, binaries

PEAK_AND_AVERAGE, KEYFRAMES = 0.01, 0.03


def packager() -> Path:
    """The program beside the bundled ffprobe."""
    probe = binaries.bundled_ffprobe()
    assert probe is not None
    return next(path for path in probe.parent.iterdir() if path.name.startswith("packager-"))


def rates(master: str) -> dict[tuple[str, str], tuple[int, ...]]:
    """Kind of line and codecs with size -> the rates on it."""
    found = {}
    for line in master.splitlines():
        kind, _, rest = line.partition(":")
        size = re.search(r"RESOLUTION=(\w+)", rest)
        if kind in {"#EXT-X-STREAM-INF", "#EXT-X-I-FRAME-STREAM-INF"} and size:
            codecs = re.findall(r'CODECS="([^"]+)"', rest)[0]
            rate = [int(number) for number in re.findall(r"(?:^|[,-])BANDWIDTH=(\d+)", rest)]
            found[kind, f"{size[1]} {codecs}"] = tuple(rate)
    return found


async def test_bandwidths_are_those_that_shaka_packager_measures(
    encoder: FfmpegEncoder, job_of: JobOf, tmp_path: Path
) -> None:
    job = job_of("wide.mp4")
    _, _, made = await make_all(encoder, job)
    ladder = [item for item in made if item.stem != "src"]
    ours = encoder.masters(job, ladder)[0].path.read_text()
    streams = [
        f"in={job.out / item.stem}.mp4,stream={item.kind.value},output={item.stem}.mp4,playlist_name={item.stem}.m3u8"
        + (f",iframe_playlist_name={item.stem}i.m3u8" if item.stem != "a" else "")
        for item in ladder
    ]
    # Of the first ten seconds our segments are two seconds long.
    options = ["--segment_duration", "2", "--hls_master_playlist_output", "m.m3u8", "--mpd_output", "m.mpd"]
    subprocess.run([packager(), *streams, *options, "--quiet"], cwd=tmp_path, check=True, capture_output=True)
    theirs = rates((tmp_path / "m.m3u8").read_text())

    assert rates(ours).keys() == theirs.keys()
    for (kind, name), (peak, *average) in rates(ours).items():
        their_peak, their_average = theirs[kind, name]
        allowed = KEYFRAMES if "I-FRAME" in kind else PEAK_AND_AVERAGE
        assert abs(peak - their_peak) <= allowed * their_peak, name
        assert not average or abs(average[0] - their_average) <= allowed * their_average, name
    dash = [int(rate) for rate in re.findall(r'bandwidth="(\d+)"', (job.out / "manifest.mpd").read_text())]
    their_dash = [int(rate) for rate in re.findall(r'bandwidth="(\d+)"', (tmp_path / "m.mpd").read_text())]
    for mine, other in zip(sorted(dash), sorted(their_dash), strict=True):
        assert abs(mine - other) <= PEAK_AND_AVERAGE * other
