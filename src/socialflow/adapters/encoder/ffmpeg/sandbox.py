"""Where uploads are decoded: one job sees one folder, has no network and bounded resources.

Layers, the first that passes the self-test is used:

1. bubblewrap: own namespaces; nothing but libraries, the program and the job's folder exists.
2. Landlock (ABI >= 4) with seccomp: the rest of the file system exists but is closed, sockets too.
3. none: resource limits, an own process group and death with the worker only.

`required` refuses to work without one of the first two, `best-effort` says so in readiness.
"""

import asyncio
import base64
import ctypes
import json
import math
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from socialflow.adapters.encoder.ffmpeg import process, seccomp
from socialflow.ports.encoder import EncoderTrouble, FailureCode

Mode = Literal["required", "best-effort", "off"]
Layer = Literal["bubblewrap", "landlock", "none"]
LAYERS: tuple[Layer, ...] = ("bubblewrap", "landlock")

LAUNCHER = Path(__file__).with_name("launcher.py")
LIBRARIES = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib", "/nix/store")
LIBRARY_FILES = ("/etc/ld.so.cache",)
DEVICES = ("/dev/null", "/dev/urandom")
DRIVERS = ("/sys/dev/char", "/sys/devices", "/usr/share/libdrm", "/etc/OpenCL")
"""What drivers look up about the device they are asked to open."""
OLDEST_LANDLOCK = 4
CREATE_RULESET, VERSION_FLAG = 444, 1
ROOM = "/job"
SECCOMP_FD = "9"
GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use: seconds on the clock and of CPU, bytes of address space and of one file; how it yields."""

    timeout_s: float = 120
    cpu_s: int = 240
    memory: int = 6 * GIB
    file_size: int = 64 * GIB
    open_files: int = 256
    nice: int = 5


@dataclass(frozen=True, slots=True)
class SelfTest:
    """What the self-test found out: the layer in use and why each better one is not."""

    layer: Layer
    problems: tuple[str, ...]


class Sandbox:
    """Runs programs in a job's folder; paths in their arguments are relative to it (`in/...`, `out/...`)."""

    def __init__(self, mode: Mode, binaries: Sequence[Path], layers: Sequence[Layer] = LAYERS) -> None:
        self.mode = mode
        self._layers = tuple(layers)
        self._binaries = tuple(binaries)
        self._seccomp = seccomp.compiled()
        self._abi = landlock_abi()
        self._bwrap = shutil.which("bwrap") or ""
        self._tested: SelfTest | None = None
        self._testing = asyncio.Lock()

    async def self_test(self) -> SelfTest:
        """Find the first layer that really keeps a program from a neighbour's file and from the network."""
        async with self._testing:
            if self._tested is None:
                self._tested = await self._find_layer()
        return self._tested

    async def run(
        self,
        argv: Sequence[str],
        folder: Path,
        *,
        limits: Limits | None = None,
        on_line: process.OnLine | None = None,
        devices: Sequence[str] = (),
    ) -> process.Finished:
        """Run a program in the best layer there is; raises EncoderTrouble if one is required and there is none.

        It may use `devices`, too: a hardware encoder's, of an operator who has asked for it.
        """
        test = await self.self_test()
        if test.layer == "none" and self.mode == "required":
            raise EncoderTrouble(FailureCode.SANDBOX_UNAVAILABLE, notes="; ".join(test.problems))
        limits = limits or Limits()
        return await self.run_in(test.layer, argv, folder, limits=limits, on_line=on_line, devices=devices)

    async def run_in(
        self,
        layer: Layer,
        argv: Sequence[str],
        folder: Path,
        *,
        limits: Limits,
        on_line: process.OnLine | None = None,
        devices: Sequence[str] = (),
    ) -> process.Finished:
        """Run a program in the named layer."""
        folder = folder.resolve()
        spec = {
            "layer": layer,
            "parent": os.getpid(),
            "nice": limits.nice,
            "folder": str(folder),
            "limits": _rlimits(limits),
            "seccomp": base64.b64encode(self._seccomp).decode(),
            "abi": self._abi,
            "grants": self._grants(folder, devices) if layer == "landlock" else {},
            "argv": [*self._bubblewrap(folder, devices), *argv] if layer == "bubblewrap" else list(argv),
        }
        launch = [sys.executable, "-I", "-S", "-B", str(LAUNCHER), json.dumps(spec)]
        return await process.run(launch, timeout_s=limits.timeout_s, on_line=on_line)

    def available(self, layer: Layer) -> str:
        """An empty string if the layer can be tried, else what is missing."""
        if layer == "bubblewrap" and not self._bwrap:
            return "bubblewrap is not installed"
        if layer == "landlock" and self._abi < OLDEST_LANDLOCK:
            return f"the kernel's Landlock is version {self._abi}, {OLDEST_LANDLOCK} is needed"
        if layer == "landlock" and not self._seccomp:
            return "libseccomp is not installed"
        return ""

    def _bubblewrap(self, folder: Path, devices: Sequence[str]) -> list[str]:
        # As the first process of its namespace ffmpeg is waited for, so that what it costs is known.
        argv = [self._bwrap, "--unshare-all", "--as-pid-1", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
        argv.append("--clearenv")
        for path in _existing((*LIBRARIES, *LIBRARY_FILES)):
            argv += ["--ro-bind", path, path]
        for binary in self._binaries:
            argv += ["--ro-bind", str(binary), str(binary)]
        argv += ["--dev", "/dev", "--ro-bind", str(folder / "in"), f"{ROOM}/in"]
        for path in devices:
            argv += ["--dev-bind", path, path]
        for path in _existing(DRIVERS) if devices else []:
            argv += ["--ro-bind", path, path]
        argv += ["--bind", str(folder / "out"), f"{ROOM}/out", "--chdir", ROOM, "--setenv", "LC_ALL", "C"]
        return [*argv, *(["--seccomp", SECCOMP_FD] if self._seccomp else []), "--"]

    def _grants(self, folder: Path, devices: Sequence[str]) -> dict[str, list[str]]:
        return {
            "device": list(devices),
            "library": [*_existing((*LIBRARIES, *LIBRARY_FILES)), *(str(path) for path in self._binaries)],
            "read": [str(folder / "in"), *(_existing(DRIVERS) if devices else [])],
            "write": [str(folder / "out"), *_existing(DEVICES)],
        }

    async def _find_layer(self) -> SelfTest:
        if self.mode == "off":
            return SelfTest("none", ("switched off by SF_MEDIA__SANDBOX",))
        problems: list[str] = []
        for layer in self._layers:
            fault = self.available(layer) or await self.fault_of(layer)
            if not fault:
                return SelfTest(layer, tuple(problems))
            problems.append(f"{layer}: {fault}")
        return SelfTest("none", tuple(problems))

    async def fault_of(self, layer: Layer) -> str:
        """Try the layer with ffmpeg itself; what it does wrong, or an empty string."""
        with tempfile.TemporaryDirectory(prefix="socialflow-selftest-") as name:
            neighbour, folder = Path(name, "neighbour"), Path(name, "job")
            neighbour.write_bytes(bytes(4_096))
            for room in ("in", "out"):
                (folder / room).mkdir(parents=True)
            (folder / "in" / "source").write_bytes(bytes(4_096))

            if fault := await self._try(layer, folder, "in/source"):
                return f"it does not run a program ({fault})"
            if not await self._try(layer, folder, str(neighbour)):
                return "it lets a program read a neighbour's file"
            if await self._reaches_loopback(layer, folder):
                return "it lets a program open a connection"
        return ""

    async def _try(self, layer: Layer, folder: Path, url: str) -> str:
        """Copy raw bytes from `url` into the out folder; what went wrong, or an empty string."""
        argv = [str(self._binaries[0]), "-v", "error", "-nostdin", "-y", "-f", "u8", "-ar", "8000", "-i", url]
        finished = await self.run_in(
            layer, [*argv, "-c", "copy", "-f", "u8", "out/copy"], folder, limits=Limits(timeout_s=10, cpu_s=10)
        )
        if finished.code != 0:
            return (finished.stderr.strip().splitlines() or [f"exit code {finished.code}"])[-1][:200]
        return "" if (folder / "out" / "copy").stat().st_size else "it wrote nothing"

    async def _reaches_loopback(self, layer: Layer, folder: Path) -> bool:
        visits: list[object] = []

        def visited(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            visits.append(writer)
            writer.close()

        server = await asyncio.start_server(visited, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            await self._try(layer, folder, f"tcp://127.0.0.1:{port}?timeout=500000")
        return bool(visits)


def landlock_abi() -> int:
    """The kernel's Landlock version; 0 where it is absent or switched off."""
    if sys.platform != "linux":
        return 0
    return max(0, int(ctypes.CDLL(None).syscall(CREATE_RULESET, None, 0, VERSION_FLAG)))


def _rlimits(limits: Limits) -> dict[str, int]:
    return {
        "cpu": math.ceil(limits.cpu_s),
        "as": limits.memory,
        "fsize": limits.file_size,
        "nofile": limits.open_files,
        "core": 0,
    }


def _existing(paths: Sequence[str]) -> list[str]:
    return [path for path in paths if Path(path).exists()]
