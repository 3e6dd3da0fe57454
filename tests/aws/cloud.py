"""The local cloud as a user starts it: `causeway up` as a process of its own, known by what it prints."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Far longer than anything takes that works; a crowded machine is slow.
PATIENCE = 60
# The line with which the hints of `up` end.
LAST_HINT = "/_causeway/feed"


class Cloud:
    """A cloud that runs until `stop`."""

    def __init__(self, program, *options):
        self.log = tempfile.NamedTemporaryFile(mode="w+", suffix=".log", dir=ROOT / "target")
        command = [program, "up", "--port", "0", "--memory", *options]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT, env=plain()
        )
        try:
            output = eventually(self.hints)
        except BaseException:
            self.stop()
            print(self.output(), file=sys.stderr)
            raise
        self.endpoint = re.search(r"^ready (http://127\.0\.0\.1:\d+)$", output, re.MULTILINE).group(1)
        self.lines = output.split("\n\n", 1)[1].splitlines()

    def hints(self):
        """All that `up` prints before it waits, or nothing as long as it is not complete."""
        if self.process.poll() is not None:
            raise AssertionError(f"`causeway up` ended with {self.process.returncode}")
        output = self.output()
        return output if LAST_HINT in output and output.endswith("\n") else None

    def output(self):
        """What it has printed and logged."""
        return pathlib.Path(self.log.name).read_text(encoding="utf-8")

    def stop(self):
        """Stops it as Ctrl-C does, and gives the code it ends with."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def environment(self):
        """The variables that the printed lines export, in an environment without those of the user for AWS."""
        exports = [line.removeprefix("export ") for line in self.lines if line.startswith("export ")]
        return plain() | dict(word.split("=", 1) for line in exports for word in line.split())

    def mails(self):
        """The mails that were sent."""
        with urllib.request.urlopen(f"{self.endpoint}/_causeway/mailbox", timeout=PATIENCE) as answer:
            return json.load(answer)


def plain():
    """This environment without the variables for AWS; the programs beside this Python are found first."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    programs = os.path.dirname(sys.executable)
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return kept | nowhere | {"PATH": os.pathsep.join([programs, kept.get("PATH", "")])}


def eventually(look, patience=PATIENCE):
    """What `look` gives as soon as it gives something; an error if it never does."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not so after {patience} seconds: {look.__doc__ or look.__name__}")
