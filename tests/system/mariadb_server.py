"""A MariaDB server of a test's own: a socket in a temporary folder, a user `posthouse` with a password.

As a program it runs a command, whose tests' instances then have their directories in one such server:

    python3 tests/system/mariadb_server.py ctest --test-dir build/release -L system
"""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

from posthouse_test import SETTINGS, eventually


class MariadbServer:
    """Started by the constructor; destroy() ends it and removes everything."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-mariadb-"))
        self.socket = self.folder / "mariadb.sock"
        self.password_file = self.folder / "password"
        self.password_file.write_text("secret\n")
        self.process = None
        self.as_root = ["--user=root"] if os.geteuid() == 0 else []
        subprocess.run(["mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db",
                        f"--datadir={self.folder}/data", *self.as_root], check=True, stdin=subprocess.DEVNULL, capture_output=True)
        self.start()
        self.execute("CREATE DATABASE posthouse; CREATE USER posthouse@localhost IDENTIFIED BY 'secret';"
                     "GRANT ALL ON posthouse.* TO posthouse@localhost")

    def start(self):
        self.process = subprocess.Popen(
            ["mariadbd", "--no-defaults", "--skip-networking", f"--datadir={self.folder}/data", f"--tmpdir={self.folder}", f"--socket={self.socket}",
             f"--pid-file={self.folder}/pid", f"--log-error={self.folder}/log", "--innodb-flush-method=nosync", *self.as_root],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually(lambda: self.query("SELECT 1").returncode == 0, "MariaDB starts")

    def query(self, sql):
        """Runs SQL as root. Returns a CompletedProcess with text in .stdout."""
        return subprocess.run(["mariadb", "--no-defaults", "-S", self.socket, "-uroot", "-N", "-e", sql], capture_output=True,
                              text=True, stdin=subprocess.DEVNULL)

    def execute(self, sql):
        done = self.query(sql)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return done.stdout

    def stop(self):
        """Ends it cleanly."""
        self.process.terminate()
        self.process.wait()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def freeze(self):
        """Stops it where it is; returns when it has stopped."""
        os.kill(self.process.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOWAIT)

    def go_on(self):
        os.kill(self.process.pid, signal.SIGCONT)

    def destroy(self):
        if self.process.poll() is None:
            self.go_on()
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def settings(self):
        """The parameters of an instance that uses it."""
        return {"directory.engine": "mariadb", "directory.hosts": str(self.socket), "directory.password_file": str(self.password_file)}


def main():
    server = MariadbServer()
    try:
        server.folder.chmod(0o755)  # some instances belong to another user
        return subprocess.call(sys.argv[1:], env={**os.environ, **SETTINGS, "POSTHOUSE_MARIADB": str(server.socket)})
    finally:
        server.destroy()


if __name__ == "__main__":
    sys.exit(main())
