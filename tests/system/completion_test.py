"""Completion in the shells themselves, by the scripts that `posthouse completion` prints."""

import contextlib
import os
import pathlib
import pty
import select
import tempfile
import time
import unittest

from posthouse_test import BIN, PATIENCE, run

PATH = {"PATH": f"{BIN}:/usr/bin:/bin"}


def script(shell):
    printed = run(BIN / "posthouse", "completion", shell)
    assert printed.returncode == 0, printed.stderr
    return printed.stdout


@contextlib.contextmanager
def typing(environment, *command):
    """A shell on a terminal of its own: a function that types, and waits until the terminal shows something."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(command[0], command, {**os.environ, "TERM": "dumb", **environment})

    def type_and_see(keys, shown):
        os.write(terminal, keys.encode())
        seen = b""
        until = time.monotonic() + PATIENCE
        while shown.encode() not in seen:
            ready, _, _ = select.select([terminal], [], [], max(0, until - time.monotonic()))
            assert ready, f"{shown!r} isn't shown, but {seen!r}"
            seen += os.read(terminal, 4096)

    try:
        yield type_and_see
    finally:
        os.close(terminal)
        os.waitpid(pid, 0)


class Completion(unittest.TestCase):
    def test_bash(self):
        words = 'COMP_WORDS=(posthouse queue re) COMP_CWORD=2; _posthouse; printf "%s\\n" "${COMPREPLY[@]}"'
        said = run("bash", "-c", script("bash") + words, environment=PATH)
        self.assertEqual((said.stdout.split(), said.stderr), (["release", "requeue"], ""))

    def test_zsh_by_the_first_tab(self):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "_posthouse").write_text(script("zsh"))
            with typing({**PATH, "PS1": "ready> ", "HOME": folder}, "zsh", "-f", "-i") as zsh:
                zsh("", "ready> ")
                zsh(f"fpath=({folder} $fpath); autoload -Uz compinit; compinit -u -D; print loa''ded\n", "loaded")
                zsh("posthouse que\t", "queue")
                zsh("hol\t", "hold")

    def test_fish(self):
        said = run("fish", "-c", script("fish") + 'complete -C "posthouse queue re"', environment=PATH)
        self.assertEqual((said.stdout.split(), said.stderr), (["release", "requeue"], ""))


if __name__ == "__main__":
    unittest.main(verbosity=2)
