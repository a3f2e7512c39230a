"""The demo's clips and pictures, made by ffmpeg's own generators: nothing is downloaded, nobody's work is used."""

import subprocess
from pathlib import Path

SECONDS = 6
# Two seconds of work; a machine that is busy with other things may need minutes.
PATIENCE_S = 900
SIZE, UPRIGHT = "1280x720", "720x1280"

# Each gives a picture [v] and a sound [a]. Small and scaled up where the eye does not mind: it is quicker.
SCENES = {
    "mandelbrot": (
        "mandelbrot=s=768x432:r=24:start_x=-0.743643887037151:start_y=0.131825904205330:start_scale=0.25"
        f":end_scale=0.0003:end_pts={24 * SECONDS}:maxiter=220:inner=black:outer=normalized_iteration_count,"
        "format=gray,scale=1280:720:flags=lanczos,format=yuv444p,pseudocolor=p=magma[v];"
        "sine=f=110:r=48000,tremolo=f=0.4:d=0.6,volume=0.25[a]"
    ),
    "lissajous": (
        "aevalsrc=exprs='0.42*sin(2*PI*165*t)+0.05*sin(2*PI*660.5*t)|0.42*sin(2*PI*247.75*t)':s=48000,asplit[one][two];"
        "[one]avectorscope=s=360x640:r=30:m=lissajous_xy:draw=line:zoom=1.9:rc=255:gc=140:bc=60:rf=14:gf=16:bf=22,"
        "scale=720:1280:flags=bicubic,gblur=sigma=2,eq=gamma=1.3[v];[two]volume=0.3[a]"
    ),
    "life": (
        "life=s=160x90:r=15:ratio=0.16:rule=B3/S23:mold=18:seed=42:life_color=0xfff3c4:death_color=0xe4572e"
        ":mold_color=0x141b34,scale=1280:720:flags=neighbor,gblur=sigma=3,fps=30[v];"
        "sine=f=330:r=48000,tremolo=f=2:d=0.5,volume=0.15[a]"
    ),
    "aurora": (
        "gradients=s=640x360:r=30:n=5:c0=0x0b1d3a:c1=0x1f8a70:c2=0x7be0ad:c3=0x5e2ca5:c4=0xf25f5c:speed=0.02"
        ":type=spiral:seed=7,scale=1280:720:flags=bicubic[v];sine=f=220:r=48000,tremolo=f=0.3:d=0.7,volume=0.2[a]"
    ),
}
VIDEO = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "21", "-maxrate", "5M", "-bufsize", "5M", "-g", "48")
SOUND = ("-c:a", "aac", "-b:a", "96k")


def make_clip(ffmpeg: Path, scene: str, target: Path) -> Path:
    """Make one clip, such as a phone would have recorded it: H.264, AAC, MP4."""
    chosen = ("-filter_complex", SCENES[scene], "-map", "[v]", "-map", "[a]", "-t", str(SECONDS))
    _run(ffmpeg, *chosen, *VIDEO, "-pix_fmt", "yuv420p", *SOUND, "-movflags", "+faststart", str(target))
    return target


def make_picture(ffmpeg: Path, colours: tuple[str, str, str], target: Path) -> Path:
    """Make a person's picture out of their colours."""
    first, second, third = colours
    drawn = (
        f"gradients=s=512x512:n=3:c0={first}:c1={second}:c2={third}:type=radial"
        ":x0=380:y0=130:x1=40:y1=480:speed=0.00001"
    )
    _run(ffmpeg, "-f", "lavfi", "-i", drawn, "-frames:v", "1", str(target))
    return target


def _run(ffmpeg: Path, *arguments: str) -> None:
    subprocess.run(
        [ffmpeg, "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *arguments],
        check=True,
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE_S,
    )
