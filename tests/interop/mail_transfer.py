"""Debian's Postfix and Exim, each as on a machine where it is installed, at the same time and beside whatever is.

    with Postfix("mynetworks = 127.0.0.0/8") as postfix:                    # lines of main.cf
    with Exim(lines, {"certificate.pem": certificate}) as exim:             # of exim4.conf; further files of /etc/exim4
        smtplib.SMTP("127.0.0.1", exim.port)
        exim.folder, exim.log(), exim.messages()

In what is written in the files, PORT is a free port of 127.0.0.1, and FOLDER a folder that is the server's: messages in the Maildir
FOLDER/mail/inbox are messages().
Their packages conflict, so they are unpacked (packaging/packages.sh), and run in a namespace whose /usr and /etc show these files
and users as well. That takes root. All processes end with it."""

import os
import pathlib
import shutil
import subprocess
import tempfile

from both_servers import SystemTest, eventually
from mail_wire import Smtp
from posthouse_test import PATIENCE, SOURCE, PortBlock, run

UNPACKED = SOURCE / "build" / "unpacked"
ID = 64321  # of the server's user and group, which nobody else has

POSTFIX_MAIN = """
compatibility_level = 3.6
queue_directory = FOLDER/queue
data_directory = FOLDER/data
maillog_file = FOLDER/log
maillog_file_prefixes = FOLDER
inet_protocols = ipv4
mydestination =
alias_maps =
"""

# Postfix's services as Debian has them, but not in a chroot, and without those that nobody here uses.
POSTFIX_MASTER = """
127.0.0.1:PORT inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
virtual unix - n n - - virtual
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

EXIM_MAIN = """
primary_hostname = mx.exim.example
spool_directory = FOLDER/spool
log_file_path = FOLDER/spool/%slog
daemon_smtp_ports = PORT
local_interfaces = 127.0.0.1
acl_smtp_rcpt = rcpt
smtp_accept_max = 100
"""

# The shell stays: it is the first process of the namespace, with which all end, and ends with whoever started it.
ENTER = """set -e
mount -t overlay -o ro,lowerdir="$1/usr:/usr" overlay /usr
mount -t overlay -o ro,lowerdir="$2:$1/etc:/etc" overlay /etc
shift 2
"$@"
exit $?
"""


def certificate_of(instance):
    """Files with which a server shows the instance's certificate."""
    return {f"{name}.pem": (instance.folder / "tls" / f"{name}.pem").read_text() for name in ("certificate", "key")}


def why_not_here():
    """What keeps these servers from running here; empty: nothing."""
    if os.geteuid() != 0:
        return "Postfix and Exim are started by root"
    made = run("unshare", "--mount", "mount", "-t", "overlay", "-o", "ro,lowerdir=/etc:/usr", "overlay", "/etc")
    return made.stderr.strip()


class MailServer:
    """One running server; `package`, `name`, `user`, `groups`, `command`, `log_file` say which."""

    def __init__(self, files):
        self.files = files

    def __enter__(self):
        if not (UNPACKED / self.package).is_dir():
            unpacked = run("sh", "-euc", f". '{SOURCE}/packaging/packages.sh'; unpack_packages '{UNPACKED}' {self.package}")
            assert unpacked.returncode == 0, unpacked.stderr
        self.ports = PortBlock()
        self.port = self.ports.base + 25
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=self.name + "-"))
        self.folder.chmod(0o755)
        etc = self.folder / "etc"
        (etc / self.name).mkdir(parents=True)
        for file, content in self.files.items():
            (etc / self.name / file).write_text(content.replace("PORT", str(self.port)).replace("FOLDER", str(self.folder)))
        for file, line in (("passwd", f"{self.user}:x:{ID}:{ID}::/nonexistent:/usr/sbin/nologin\n"), ("group", self.groups)):
            (etc / file).write_text(pathlib.Path("/etc", file).read_text() + line)
        self.prepare()
        with open(self.folder / "output", "w") as output:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig=KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", ENTER, "enter",
                 UNPACKED / self.package, etc, *self.command],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            eventually(self.is_ready, f"{self.name} is ready")
        except AssertionError as failure:
            text = self.log()
            self.__exit__()
            raise AssertionError(f"{failure}\n{text}") from None
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(PATIENCE)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.ports.close()

    def is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended with {self.process.returncode}")
        try:
            with Smtp(("127.0.0.1", self.port)) as session:
                return session.greeting[0] == 220
        except OSError:
            return False

    def log(self):
        return "".join(path.read_text(errors="replace") for path in (self.folder / "output", self.folder / self.log_file) if path.exists())

    def messages(self):
        """{path: content} of what it has stored."""
        return {path: path.read_bytes() for path in (self.folder / "mail" / "inbox" / "new").glob("*")}

    def own_folder(self, name):
        (self.folder / name).mkdir(0o700)
        os.chown(self.folder / name, ID, ID)


class Postfix(MailServer):
    package = name = user = "postfix"
    groups = f"postfix:x:{ID}:\npostdrop:x:{ID + 1}:\n"
    command = ["postfix", "start-fg"]
    log_file = "log"

    def __init__(self, main, files=None):
        super().__init__({"main.cf": POSTFIX_MAIN + main, "master.cf": POSTFIX_MASTER, **(files or {})})

    def prepare(self):
        self.own_folder("data")
        self.own_folder("mail")
        (self.folder / "queue").mkdir()


class Exim(MailServer):
    package, name, user = "exim4-daemon-heavy", "exim4", "Debian-exim"
    groups = f"Debian-exim:x:{ID}:\n"
    command = ["exim4", "-bdf", "-q2s"]
    log_file = "spool/mainlog"

    def __init__(self, config, files=None):
        super().__init__({"exim4.conf": EXIM_MAIN + config, **(files or {})})

    def prepare(self):
        self.own_folder("spool")
        self.own_folder("mail")


class BesideMailServers(SystemTest):
    """A test case with `servers`, whose logs are printed when a test fails."""

    servers = ()

    def run(self, result=None):
        before = len(result.failures) + len(result.errors) if result else 0
        outcome = super().run(result)
        if result and self.instance and len(result.failures) + len(result.errors) > before:
            for server in self.servers:
                print(f"--- the log of {server.name}:\n{server.log()[-10000:]}\n---")
        return outcome
