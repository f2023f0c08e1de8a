"""Debian's smtp-sink, which comes with Postfix: takes all mail, keeps none, and counts. Root starts it.

    with Sinks(3) as sinks:                 # each on a port of its own
        sinks.places                        # [("127.0.0.1", port), ...]
        sinks.received()                    # messages, all together
"""

import pathlib
import re
import subprocess
import sys
import tempfile

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2] / name) for name in ("system", "interop")]
from mail_transfer import UNPACKED  # noqa: E402
from posthouse_test import PATIENCE, PortBlock, eventually, port_is_free  # noqa: E402

PACKAGE = UNPACKED / "postfix"
BACKLOG = 1000


class Sinks:
    def __init__(self, count):
        self.ports = PortBlock()
        self.places = [("127.0.0.1", self.ports.base + 30 + number) for number in range(count)]

    def __enter__(self):
        self.outputs = [tempfile.TemporaryFile() for _ in self.places]
        self.processes = [
            subprocess.Popen(["setpriv", "--pdeathsig=KILL", PACKAGE / "usr/sbin/smtp-sink", "-u", "nobody", "-c", "%s:%d" % place, str(BACKLOG)],
                             stdin=subprocess.DEVNULL, stdout=output, stderr=output, env={"LD_LIBRARY_PATH": PACKAGE / "usr/lib/postfix"})
            for place, output in zip(self.places, self.outputs)]
        eventually(self.is_ready, "smtp-sink listens")
        return self

    def is_ready(self):
        assert all(process.poll() is None for process in self.processes), "smtp-sink ended"
        return not any(port_is_free(port) for _, port in self.places)

    def __exit__(self, *_):
        for process, output in zip(self.processes, self.outputs):
            process.kill()
            process.wait(PATIENCE)
            output.close()
        self.ports.close()

    def received(self, count=None):
        """What the first so many have got, or all."""
        return sum(map(self.count_in, self.outputs[:count]))

    @staticmethod
    def count_in(output):
        # It writes a line of counts whenever a message is complete, each over the last one.
        size = output.seek(0, 2)
        output.seek(max(0, size - 200))
        counts = re.findall(rb"mesg=(\d+)\s*\r", output.read())
        return int(counts[-1]) if counts else 0
