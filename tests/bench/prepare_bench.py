# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes what a bench needs in the cache, then becomes that bench.

Uses the standard library only. The venv and livekit-server are those of the
interop tests; livekitwebrtcsrc is built from crates.io if it is asked for.
"""

import fcntl
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
INTEROP = HERE.parent / "interop"
FLAG = "--with-livekitwebrtcsrc"
# libnice does not use a loopback interface if there is another, and binds its
# UDP sockets to that one: they can't reach 127.0.0.1 then. So the bench has a
# network of its own, with a second interface that leads nowhere.
ADDRESS = "198.51.100.1"
NETWORK = f"""set -e
ip link set lo up
ip link add bench0 type veth peer name bench1
ip address add {ADDRESS}/24 dev bench0
ip link set bench0 up
ip link set bench1 up
exec "$@"
"""
PLUGIN = "libgstrswebrtc*.so"
BENCHES = {"first-buffer": "first_buffer.py", "receiving": "receiving.py"}

sys.path.insert(0, str(INTEROP))
import livekit_server  # noqa: E402  pylint: disable=C0413
import prepare  # noqa: E402  pylint: disable=C0413


def build_livekitwebrtcsrc(cache):
    """Builds the plugin into the cache, once; returns its folder.

    The folder has nothing else in it, as GStreamer loads every library there.
    The locked manifest is copied: cargo writes beside it.
    """
    folder = cache / "plugins"
    source = HERE / "livekitwebrtcsrc"
    stamp = folder / "Cargo.lock"
    lock = (source / "Cargo.lock").read_bytes()
    if stamp.exists() and stamp.read_bytes() == lock:
        return folder
    print("bench: building livekitwebrtcsrc, which takes a while", flush=True)
    shutil.copytree(source, cache / "source", dirs_exist_ok=True)
    subprocess.run(
        ["nice", "-n", "15", "cargo", "build", "--release", "--locked",
         "--jobs", "1", "--manifest-path", cache / "source" / "Cargo.toml",
         "--target-dir", cache / "target"], check=True)
    folder.mkdir(exist_ok=True)
    built = (cache / "target" / "release" / "deps").glob(PLUGIN)
    newest = max(built, key=lambda path: path.stat().st_mtime)
    shutil.copy2(newest, folder / "libgstrswebrtc.so")
    stamp.write_bytes(lock)
    return folder


def build_publishers(cache):
    """Builds the program that sends media from files; returns its path."""
    binary = cache / "publishers"
    subprocess.run(["nice", "-n", "15", "go", "build", "-o", binary, "."],
                   cwd=HERE / "publishers", check=True)
    return binary


def main():
    if len(sys.argv) < 2 or sys.argv[1] not in BENCHES:
        print(f"bench: which one? {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    bench, *arguments = sys.argv[1:]
    interop_cache = prepare.cache_dir(arguments)
    cache = interop_cache.parent / "bench"
    try:
        for folder in (interop_cache, cache):
            folder.mkdir(parents=True, exist_ok=True)
        with open(interop_cache / "lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            python = prepare.make_venv(interop_cache)
            server = livekit_server.build(interop_cache)
        if bench == "receiving":
            os.environ["BENCH_PUBLISHERS"] = str(build_publishers(cache))
        if FLAG in arguments:
            with open(cache / "lock", "w", encoding="ascii") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                os.environ["BENCH_LIVEKITWEBRTCSRC"] = str(
                    build_livekitwebrtcsrc(cache))
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"bench: can't measure: {error}", file=sys.stderr)
        return 1
    os.environ["BENCH_LIVEKIT_SERVER"] = str(server)
    os.environ["BENCH_ADDRESS"] = ADDRESS
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    unshare = ["unshare", "--net"]
    if os.geteuid() != 0:
        unshare.append("--map-root-user")
    os.execvp("unshare", [
        *unshare, "--", "sh", "-c", NETWORK, "sh", str(python),
        str(HERE / BENCHES[bench]), *arguments])


if __name__ == "__main__":
    sys.exit(main())
