# SPDX-License-Identifier: LGPL-2.1-or-later
"""Child processes, free ports and waits with a deadline.

Every child is started through setpriv with a parent-death signal, so that
nothing is left behind even if the runner is killed.
"""

import os
import select
import signal
import socket
import subprocess
import time


class Timeout(AssertionError):
    """Something that had to happen did not happen in time."""


def wait_until(condition, timeout, what, interval=0.05):
    """Asks condition() until it is true; for what can only be asked for.

    Returns the true value. Use the event queues of Receiver and Publishers
    wherever somebody tells by himself.
    """
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise Timeout(f"not within {timeout} s: {what}")
        time.sleep(interval)


def free_ports(*kinds):
    """One free loopback port for each of kinds ('tcp' or 'udp').

    All are held until the last is found, so no number comes twice. Somebody
    else may still take one before the server binds it: servers are started
    again with other ports then.
    """
    held = []
    try:
        for kind in kinds:
            sock = socket.socket(
                socket.AF_INET,
                socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
            held.append(sock)
            sock.bind(("127.0.0.1", 0))
        return [sock.getsockname()[1] for sock in held]
    finally:
        for sock in held:
            sock.close()


class Child:
    """A process that dies with us, with its output in a log file."""

    def __init__(self, name, command, log, env=None, stdin=None, stdout=None):
        self.name = name
        self.log = log
        with open(log, "ab") as output:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--",
                 *map(str, command)],
                stdin=subprocess.DEVNULL if stdin is None else stdin,
                stdout=output if stdout is None else stdout,
                stderr=output, env={**os.environ, **(env or {})})

    def running(self):
        return self.process.poll() is None

    def require_running(self):
        """Raises with the end of the log if the process has ended."""
        if not self.running():
            raise RuntimeError(
                f"{self.name} ended with {self.process.returncode}:\n"
                + tail(self.log))

    def read_line(self, timeout):
        """One line of the standard output, which must be a pipe.

        For the first word of a server; it must not have been read from
        before, or a line may already be in Python's buffer.
        """
        stream = self.process.stdout
        if not select.select([stream], [], [], timeout)[0]:
            raise Timeout(f"{self.name} said nothing in {timeout} s")
        line = stream.readline()
        if not line:
            self.process.wait(5)
            self.require_running()
        return line

    def stop(self, timeout=5):
        """Ends the process by its own pid: TERM, then KILL."""
        if self.running():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                stream.close()


def tail(path, lines=30):
    """The last lines of a log, cut if very long, or that there is none."""
    try:
        with open(path, encoding="utf-8", errors="replace") as log:
            return "\n".join(
                line.rstrip()[:400] for line in log.readlines()[-lines:])
    except OSError as error:
        return f"(no log: {error})"
