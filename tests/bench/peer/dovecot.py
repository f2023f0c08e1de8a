"""Debian's Dovecot over a given mail root, on free ports of 127.0.0.1 below a temporary folder: the peer that tests and
benchmarks of Posthouse are run against.

    from dovecot import Dovecot                     # with tests/bench/peer in sys.path
    with Dovecot(mail_root) as dovecot:             # mail_root/<domain>/<local part>/ is the Maildir++ of local@domain
        dovecot.address("imap")                     # ("127.0.0.1", port); also pop3, lmtp
        dovecot.doveadm("mailbox", "status", "-u", "joe@example.org", "all", "*")   # a CompletedProcess

Any password is right, and any address has a mailbox. Dovecot works as whoever runs it. It would not serve root's mail:
started by root, it works as the user `dovecot`, to whom the mail is given (chown), and whoever else works on that mail
has to be this user, too: started_by() tells how. From a shell or another language:

    python3 tests/bench/peer/dovecot.py MAIL_ROOT   # one line of JSON when it is ready; stops at the end of its input
"""

import argparse
import contextlib
import grp
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "system"))
from posthouse_test import PATIENCE, PortBlock, eventually, run  # noqa: E402

PORTS = {"imap": 43, "pop3": 10, "lmtp": 24}  # of the block of ports


def passdb(driver, args):
    """Accounts whose passwords this passdb of Dovecot's knows; everybody has a mailbox."""
    return f"""
passdb {{
  driver = {driver}
  args = {args}
}}
userdb {{
  driver = static
  args = allow_all_users=yes
}}
"""


ANYBODY = passdb("static", "nopassword=y")


def started_by():
    """The command by which to run a program as one that Dovecot shares mail with, and that ends with whoever started it."""
    if os.getuid() != 0:
        return ["setpriv", "--pdeathsig=TERM"]
    # The right to pass folders of root's is for the programs themselves, which may lie below one.
    return ["setpriv", "--reuid=dovecot", "--regid=dovecot", "--clear-groups", "--inh-caps=+dac_override",
            "--ambient-caps=+dac_override", "--pdeathsig=TERM"]


def give(folder):
    """Gives a folder and all in it to the user of started_by(), and lets this user reach it if it is a temporary one."""
    if os.getuid() != 0:
        return
    for place, _, files in os.walk(folder):
        for name in [place, *(os.path.join(place, file) for file in files)]:
            # A server that works there makes and removes files meanwhile.
            with contextlib.suppress(FileNotFoundError):
                shutil.chown(name, "dovecot", "dovecot")
    for parent in pathlib.Path(folder).parents:
        if parent.is_relative_to(tempfile.gettempdir()):
            parent.chmod(parent.stat().st_mode | 0o011)


class Dovecot:
    """One running Dovecot. `layout` is "maildir++" or "fs"; with `utf8` folders are named in UTF-8 instead of modified
    UTF-7; `accounts` are its passdb and userdb; `settings` are further lines of its configuration;
    `clients` how many connections it is prepared for."""

    def __init__(self, mail_root, layout="maildir++", utf8=False, settings="", clients=200, accounts=ANYBODY):
        self.mail_root = pathlib.Path(mail_root).resolve()
        self.location = "maildir:%h" + (":LAYOUT=fs" if layout == "fs" else "") + (":UTF-8" if utf8 else "")
        self.settings = settings
        self.accounts = accounts
        self.clients = clients
        self.process = None

    # -- starting and stopping

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self.ports = PortBlock()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dovecot-"))
        self.config = self.folder / "dovecot.conf"
        self.config.write_text(self.configuration())
        give(self.folder)
        give(self.mail_root)
        with open(self.folder / "stderr", "w") as errors:
            self.process = subprocess.Popen([*started_by(), "dovecot", "-F", "-c", self.config], stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=errors)
        try:
            eventually(self.is_ready, "Dovecot is ready")
        except AssertionError as failure:
            text = self.log() + (self.folder / "stderr").read_text()
            self.stop()
            raise AssertionError(f"{failure}\n{text}") from None
        return self

    def stop(self):
        """Ends all its processes, and removes its folder."""
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None
            shutil.rmtree(self.folder, ignore_errors=True)
            self.ports.close()

    def is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"Dovecot ended with {self.process.returncode}")
        try:
            with socket.create_connection(self.address("imap"), PATIENCE) as connection:
                return connection.recv(4) == b"* OK"
        except OSError:
            return False

    # -- talking to it

    def address(self, listener):
        """(host, port) of imap, pop3 or lmtp."""
        return "127.0.0.1", self.ports.base + PORTS[listener]

    def doveadm(self, *arguments, input=None):
        return run(*started_by(), "doveadm", "-c", self.config, *arguments, input=input)

    def log(self):
        try:
            return (self.folder / "log").read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def complaints(self):
        """The lines of its log that tell of something wrong."""
        return [line for line in self.log().splitlines() if any(f": {kind}: " in line for kind in ("Warning", "Error", "Panic", "Fatal"))]

    def configuration(self):
        user = "dovecot" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        group = "dovecot" if os.getuid() == 0 else grp.getgrgid(os.getgid()).gr_name
        port = {name: self.address(name)[1] for name in PORTS}
        return f"""
protocols = imap pop3 lmtp
listen = 127.0.0.1
base_dir = {self.folder}/run
state_dir = {self.folder}/run
log_path = {self.folder}/log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 1
ssl = no
disable_plaintext_auth = no
auth_cache_size = 1M
mail_max_userip_connections = 0
default_process_limit = {self.clients}
default_client_limit = {4 * self.clients}
# Its cache of a mailbox of 100,000 messages, mapped, is larger than the 256 MiB that it grants a process.
default_vsz_limit = 4G
mail_home = {self.mail_root}/%d/%n
mail_location = {self.location}
mail_uid = {user}
mail_gid = {group}
{self.accounts}
namespace inbox {{
  inbox = yes
  separator = /
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service imap {{
  process_limit = {self.clients}
}}
service imap-login {{
  chroot =
  service_count = 0
  inet_listener imap {{
    port = {port["imap"]}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service pop3-login {{
  chroot =
  service_count = 0
  inet_listener pop3 {{
    port = {port["pop3"]}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {port["lmtp"]}
  }}
}}
{self.settings}
"""


def main():
    parser = argparse.ArgumentParser(description="Runs Debian's Dovecot over a mail root until its input ends.")
    parser.add_argument("mail_root", help="MAIL_ROOT/<domain>/<local part>/ is the Maildir of local@domain")
    parser.add_argument("--layout", choices=("maildir++", "fs"), default="maildir++")
    parser.add_argument("--utf8", action="store_true", help="folders are named in UTF-8")
    parser.add_argument("--clients", type=int, default=200, help="connections at one time")
    options = parser.parse_args()
    with Dovecot(options.mail_root, options.layout, options.utf8, clients=options.clients) as dovecot:
        print(json.dumps({name: dovecot.address(name)[1] for name in PORTS} | {"config": str(dovecot.config)}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
