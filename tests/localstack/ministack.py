"""MiniStack as a process of ours, on a free port of 127.0.0.1, with everything it writes in one folder that goes with
it. With `rights` it checks every call against the policies of who makes it."""

import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import urllib.error
import urllib.request

from cloud import PATIENCE
from cloud import ROOT
from cloud import eventually
from cloud import plain

PYTHON = ROOT / "target/python-ministack/bin/python"
PROGRAM = ROOT / "tests/localstack/ministack_program.py"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}


class MiniStack:
    """One that runs until `stop`."""

    def __init__(self, rights):
        self.endpoint = f"http://127.0.0.1:{free_port()}"
        self.folder = tempfile.TemporaryDirectory(prefix="ministack-", dir=ROOT / "target")
        home = pathlib.Path(self.folder.name)
        self.log = home / "ministack.log"
        settings = {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": self.endpoint.rsplit(":", 1)[1],
            # Where its functions find it.
            "AWS_ENDPOINT_URL": self.endpoint,
            "AUTH": "true" if rights else "false",
            # What else it would listen for.
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            # A container of somebody else's is none of its business.
            "DOCKER_HOST": f"unix://{home}/no-docker.sock",
            "TMPDIR": str(home),
            "STATE_DIR": str(home / "state"),
            "S3_DATA_DIR": str(home / "s3"),
        }
        self.last_words = ""
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [PYTHON, "-P", PROGRAM], cwd=home, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                env=plain() | KEYS | settings,
            )  # fmt: skip
        try:
            eventually(self.answers)
        except BaseException:
            print(self.output())
            self.stop()
            raise

    def answers(self):
        """It answers."""
        if self.process.poll() is not None:
            raise AssertionError(f"MiniStack ended with {self.process.returncode}")
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=PATIENCE) as answer:
                return answer.status == 200
        except (urllib.error.URLError, ConnectionError):
            return False

    def environment(self):
        """What somebody who calls it needs in the environment."""
        return plain() | KEYS | {"AWS_ENDPOINT_URL": self.endpoint, "AWS_REGION": KEYS["AWS_DEFAULT_REGION"]}

    def output(self):
        """What it and its functions have logged."""
        if self.log.exists():
            self.last_words = self.log.read_text(encoding="utf-8", errors="replace")
        return self.last_words

    def stop(self):
        """Stops it and the functions' processes, which are its children, and forgets what it wrote."""
        children = children_of(self.process.pid)
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for child in children:
            try:
                os.kill(child, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.output()
        self.folder.cleanup()


def free_port():
    """A free port."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def children_of(process):
    """Its child processes, where the machine lists them: those that a killed parent would leave behind."""
    try:
        tasks = pathlib.Path(f"/proc/{process}/task").iterdir()
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []
