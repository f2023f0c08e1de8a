"""A program on a terminal of its own, for mail programs that people sit at."""

import contextlib
import os
import pty
import select
import subprocess
import time

from posthouse_test import PATIENCE


class Terminal:
    """Runs `arguments` with a terminal as its input and output. What the program wrote so far is .output, as bytes."""

    def __init__(self, arguments, environment):
        self.end, theirs = pty.openpty()
        self.process = subprocess.Popen([str(one) for one in arguments], stdin=theirs, stdout=theirs, stderr=theirs,
                                        env={**os.environ, **environment}, start_new_session=True)
        os.close(theirs)
        self.output = b""

    def type(self, keys):
        os.write(self.end, keys.encode())

    def wait(self, text):
        """Until this stands in what it writes from now on, or was written since the last wait."""
        deadline = time.monotonic() + PATIENCE
        while text.encode() not in self.output:
            assert self.read(deadline), f"the terminal never showed {text!r}:\n{self.output.decode(errors='replace')}"
        self.output = self.output[self.output.index(text.encode()) + len(text):]

    def read(self, deadline):
        """Takes in what the program writes next; False when it has ended or the time is over."""
        with contextlib.suppress(OSError):  # how the end of a terminal shows
            if select.select([self.end], [], [], max(0, deadline - time.monotonic()))[0]:
                self.output += os.read(self.end, 65536)
                return True
        return False

    def finish(self):
        """Until the program ends by itself; its exit code. One that waits for a key is ended."""
        deadline = time.monotonic() + PATIENCE
        while self.read(deadline):
            pass
        self.process.kill()
        return self.process.wait(PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(PATIENCE)
        os.close(self.end)
