# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes what the tests need in the cache, then becomes the runner.

Uses the standard library only, since it runs before there is a venv. The venv
sees the system's packages, because GStreamer's Python binding comes from the
distribution and not from a package index.
"""

import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).resolve().parent
DEBIAN_TOOLS = ("ffmpeg", "ffprobe", "setpriv", "chromium", "ip", "tc", "nft")


def cache_dir(arguments):
    """The cache folder: --cache DIR, or one under the user's cache home."""
    for index, argument in enumerate(arguments):
        if argument == "--cache" and index + 1 < len(arguments):
            return pathlib.Path(arguments[index + 1]).absolute()
        if argument.startswith("--cache="):
            return pathlib.Path(argument.split("=", 1)[1]).absolute()
    home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(home) / "gst-matrixrtc" / "interop"


def check_system():
    """Names every missing Debian package at once, before minutes of work."""
    missing = [tool for tool in DEBIAN_TOOLS if not shutil.which(tool)]
    if not shutil.which("go"):
        missing.append("go (livekit-server is built from its Go module)")
    if not shutil.which("npm"):
        missing.append("npm (it installs LiveKit's client for browsers)")
    script = ("import gi; gi.require_version('Gst', '1.0'); "
              "from gi.repository import Gst")
    if subprocess.run([sys.executable, "-c", script], check=False,
                      stderr=subprocess.DEVNULL).returncode != 0:
        missing.append("GStreamer's Python binding for " + sys.executable)
    if missing:
        raise RuntimeError("missing: " + ", ".join(missing)
                           + "; README.md lists the Debian packages")


def make_venv(cache):
    """A venv with the pinned packages, made again when the pins change.

    One for each Python, as Debian 12 and 13 share a cache in the tests.
    """
    requirements = (HERE / "requirements.txt").read_bytes()
    stamp_text = hashlib.sha256(
        requirements + sys.version.encode()).hexdigest()
    target = cache / f"venv-{sys.version_info.major}.{sys.version_info.minor}"
    stamp = target / "stamp"
    if not (stamp.exists() and stamp.read_text() == stamp_text):
        print("interop: making the venv", flush=True)
        venv.create(target, system_site_packages=True, clear=True,
                    symlinks=True, with_pip=True)
        subprocess.run(
            [target / "bin" / "python", "-m", "pip", "install", "--quiet",
             "--requirement", HERE / "requirements.txt"], check=True)
        stamp.write_text(stamp_text)
    return target / "bin" / "python"


def install_modules(cache):
    """What the page in Chromium is made of, again when the lock changes.

    The scripts of packages are not run: none is needed.
    """
    target = cache / "page"
    lock = (HERE / "page" / "package-lock.json").read_bytes()
    stamp = target / "stamp"
    if not (stamp.exists() and stamp.read_bytes() == lock):
        print("interop: installing LiveKit's client for browsers", flush=True)
        target.mkdir(exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / "page" / name, target)
        subprocess.run(
            ["npm", "ci", "--prefix", target, "--omit=dev", "--omit=peer",
             "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund",
             "--loglevel=error"], check=True)
        stamp.write_bytes(lock)
    return target / "node_modules"


def main():
    # Where the tools for networks are, and few users have it.
    os.environ["PATH"] += os.pathsep + "/usr/sbin"
    cache = cache_dir(sys.argv[1:])
    try:
        check_system()
        cache.mkdir(parents=True, exist_ok=True)
        with open(cache / "lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            python = make_venv(cache)
            sys.path.insert(0, str(HERE))
            import livekit_server
            binary = livekit_server.build(cache)
            modules = install_modules(cache)
    except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
        print(f"interop: CANNOT TEST: {error}", flush=True)
        print("0 passed, 1 failed", flush=True)
        return 1
    os.environ["INTEROP_LIVEKIT_SERVER"] = str(binary)
    os.environ["INTEROP_NODE_MODULES"] = str(modules)
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    os.execv(python, [str(python), str(HERE / "runner.py"), *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
