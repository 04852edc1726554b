# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the cases, each in a process of its own, and counts them.

A plugin that crashes or hangs then costs one case and not the run. The last
line is "N passed, N failed", with ", N skipped" after it if there are any.
"""

import argparse
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import unittest

HERE = pathlib.Path(__file__).resolve().parent
RESULT = "INTEROP_RESULT"
WITHOUT_PLUGIN = ("test_stack.py", "test_signal_proxy.py",
                  "test_encryption_publishers.py")


def arguments():
    parser = argparse.ArgumentParser(
        prog="run", description="Tests matrixrtcsrc against real servers.")
    parser.add_argument("--build", type=pathlib.Path, metavar="DIR",
                        help="meson build folder with the plugin")
    parser.add_argument("--cache", type=pathlib.Path, metavar="DIR",
                        help="where the venv and livekit-server are kept")
    parser.add_argument("--logs", type=pathlib.Path, metavar="DIR",
                        help="keep the logs of servers and cases here")
    parser.add_argument("--long", action="store_true",
                        help="also cases of more than a minute")
    parser.add_argument("--no-plugin", action="store_true",
                        help="only the cases that need no plugin")
    parser.add_argument("--again", action="store_true",
                        help="leave out what another version of GStreamer "
                        "changes nothing of")
    parser.add_argument("--list", action="store_true",
                        help="name the cases and do nothing")
    parser.add_argument("patterns", nargs="*", metavar="PATTERN",
                        help="only cases with one of these in their name")
    return parser.parse_args()


def all_cases(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from all_cases(test)
        else:
            yield test


def is_for_once(case):
    """Whether it needs no plugin, or says that one run is enough."""
    return case.id().partition(".")[0] + ".py" in WITHOUT_PLUGIN \
        or getattr(case, "once", False)


def find_cases(options):
    """The cases asked for; a module that can't be imported is one too."""
    patterns = WITHOUT_PLUGIN if options.no_plugin else ("test_*.py",)
    suites = [unittest.defaultTestLoader.discover(str(HERE), pattern)
              for pattern in patterns]
    return [case for case in all_cases(suites)
            if (not options.patterns
                or any(text in case.id() for text in options.patterns))
            and not (options.again and is_for_once(case))]


def plugin_environment(options, folder):
    """GStreamer's environment for the cases."""
    environment = {
        "GST_REGISTRY_1_0": str(folder / "registry.bin"),
        "GST_DEBUG_NO_COLOR": "1",
    }
    if options.build:
        plugin = str(options.build.absolute() / "ext" / "matrixrtc")
        # The versioned variable, if it is set, hides the other one.
        name = ("GST_PLUGIN_PATH_1_0" if "GST_PLUGIN_PATH_1_0" in os.environ
                else "GST_PLUGIN_PATH")
        environment[name] = os.pathsep.join(
            filter(None, (plugin, os.environ.get(name))))
    return environment


class Runner:
    """Runs cases one after the other and keeps the score."""

    def __init__(self, environment, logs):
        self.environment = environment
        self.logs = logs
        self.passed = self.failed = self.skipped = 0

    def run(self, case):
        """Runs one case in its own process, within its own time."""
        from processes import tail
        name = case.id()
        log = self.logs / f"{name}.log"
        debug = self.logs / f"{name}.gst.log"
        result = self.logs / f"{name}.result"
        environment = {
            **os.environ, **self.environment, RESULT: str(result),
            "GST_DEBUG_FILE": str(debug),
            "GST_DEBUG": os.environ.get("GST_DEBUG", "2,matrixrtc*:5")}
        enter = []
        if getattr(case, "own_network", False):
            enter = ["unshare", "--net", "--"]
        start = time.monotonic()
        with open(log, "wb") as output:
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *enter,
                 sys.executable, str(HERE / "runner.py"), "--one", name],
                cwd=HERE, env=environment, stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT)
            try:
                code = process.wait(getattr(case, "seconds", 60))
                how = f"ended with {code}"
                if code < 0:
                    how = f"crashed: {signal.Signals(-code).name}"
            except subprocess.TimeoutExpired:
                # faulthandler writes all Python stacks on ABRT.
                process.send_signal(signal.SIGABRT)
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    pass
                how = f"hung for {case.seconds} s"
            except BaseException:
                process.kill()
                raise
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
        word = result.read_text() if result.exists() else how
        took = f"{time.monotonic() - start:.1f} s"
        if word == "passed":
            self.passed += 1
            print(f"ok      {name} ({took})", flush=True)
        elif word.startswith("skipped"):
            self.skipped += 1
            print(f"skipped {name}: {word[8:].strip()}", flush=True)
        else:
            self.failed += 1
            print(f"FAILED  {name} ({took}, {word})", flush=True)
            print("-- end of its GStreamer log:\n" + tail(debug, 30),
                  flush=True)
            print("-- what it says:\n" + tail(log, 40), flush=True)


class Result(unittest.TextTestResult):
    """Tells what went wrong first, and where in the test, in one line."""

    what = None

    def _note(self, test, error):
        lines = [frame.lineno
                 for frame in traceback.extract_tb(error[2])
                 if pathlib.Path(frame.filename).stem == type(test).__module__]
        text = traceback.format_exception_only(*error[:2])[-1].splitlines()[0]
        self.what = self.what or f"line {lines[-1] if lines else '?'}: {text}"

    def addError(self, test, err):
        self._note(test, err)
        super().addError(test, err)

    def addFailure(self, test, err):
        self._note(test, err)
        super().addFailure(test, err)


def run_one(name):
    """The process of one case."""
    import faulthandler
    faulthandler.enable()
    suite = unittest.defaultTestLoader.loadTestsFromName(name)
    result = unittest.TextTestRunner(verbosity=2, resultclass=Result).run(suite)
    word = f"failed: {result.what}"
    if result.skipped:
        word = "skipped " + result.skipped[0][1]
    elif result.wasSuccessful() and result.testsRun == 1:
        word = "passed"
    pathlib.Path(os.environ[RESULT]).write_text(word)
    sys.stderr.flush()
    # A thread that hangs in the plugin must not hold the process.
    os._exit(1 if word.startswith("failed") else 0)


def run_all(cases, options, folder):
    """Starts the servers and runs the cases; returns the Runner."""
    from stack import Stack
    logs = folder / "logs"
    if options.logs:
        logs = options.logs.absolute()
    logs.mkdir(parents=True, exist_ok=True)
    servers = folder / "servers"
    servers.mkdir()
    runner = Runner(plugin_environment(options, folder), logs)
    stack = Stack(os.environ["INTEROP_LIVEKIT_SERVER"], servers)
    try:
        stack.start()
        runner.environment.update(stack.environment())
        runner.environment.update(
            {"INTEROP_LOGS": str(logs), "TMPDIR": str(folder)})
        for case in cases:
            if getattr(case, "long", False) and not options.long:
                runner.skipped += 1
                print(f"skipped {case.id()}: only with --long", flush=True)
            else:
                runner.run(case)
    finally:
        stack.stop()
        if options.logs:
            for log in servers.glob("**/*.log"):
                shutil.copy(log, logs)
    return runner


def main():
    if sys.argv[1:2] == ["--one"]:
        run_one(sys.argv[2])
    options = arguments()
    cases = find_cases(options)
    if options.list:
        print("\n".join(case.id() for case in cases))
        return 0
    if not cases:
        print("interop: no case has such a name\n0 passed, 1 failed")
        return 1

    def ended(number, _frame):
        raise SystemExit(128 + number)
    signal.signal(signal.SIGTERM, ended)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="matrixrtc-interop-"))
    passed, failed, skipped = 0, len(cases), 0
    try:
        runner = run_all(cases, options, folder)
        passed, failed, skipped = (
            runner.passed, runner.failed, runner.skipped)
    except Exception as error:  # pylint: disable=broad-except
        print(f"interop: CANNOT TEST, the servers are not to be had: {error}",
              flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    line = f"{passed} passed, {failed} failed"
    print(line + (f", {skipped} skipped" if skipped else ""), flush=True)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
