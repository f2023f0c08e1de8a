"""What the tests of hostile clients share: after each attack every daemon is the process it was, and normal clients work."""

import pathlib
import re
import socket
import ssl
import warnings

from mail_wire import Imap, Pop3, Smtp, Wire
from posthouse_test import BUILD, SystemTest, eventually

KIB_PER_CONNECTION = 96  # what a stranger's connection may cost at most: 66 KiB of what it sent, and replies


def is_sanitized():
    """A build with sanitizers keeps freed memory: what it holds says nothing."""
    cache = BUILD / "CMakeCache.txt"
    return cache.exists() and re.search(r"^POSTHOUSE_SANITIZE:\w+=.", cache.read_text(), re.M) is not None


class HostileTest(SystemTest):
    """A test case whose attacks must leave the instance as it was."""

    def setUp(self):
        super().setUp()
        eventually(self.instance.is_ready, "every part is ready")
        self.pids_before = sorted(self.instance.pids())
        self.addCleanup(self.check_that_all_is_well)

    def check_that_all_is_well(self):
        self.assertEqual(sorted(self.instance.pids()), self.pids_before, "a daemon has died")
        self.assertNotRegex(self.instance.log(), r"died part=")
        self.check_normal_clients()

    def check_normal_clients(self):
        """One message in by SMTP, out by IMAP; POP3 logs in."""
        bob = self.instance.user("bob")
        subject = f"normal {self.id()}"
        with Smtp(self.instance.address("smtp")) as smtp:
            self.assertEqual(smtp.command("EHLO client.example.org")[0], 250)
            reply = smtp.transaction("a@example.org", [bob.address], f"Subject: {subject}\r\n\r\nx\r\n".encode())
            self.assertEqual(reply[0], 250)
        with self.imap(bob) as imap:
            self.assertTrue(imap.command("SELECT INBOX")[0].startswith("OK"))
            self.assertRegex(imap.command(f'SEARCH SUBJECT "{subject}"')[1][0], rb"^\* SEARCH \d+")
        with self.pop3(bob) as pop3:
            self.assertTrue(pop3.command("STAT").startswith("+OK"))

    # -- connections

    def imap(self, user=None, listener="imaps", **options):
        """IMAP over TLS; logged in when a user is given."""
        imap = Imap(self.instance.address(listener), tls=listener == "imaps", certificate=self.instance.certificate,
                    **options)
        if user:
            self.assertTrue(imap.login(user).startswith("OK"))
        return imap

    def pop3(self, user=None, listener="pop3s", **options):
        """POP3 over TLS; logged in when a user is given."""
        pop3 = Pop3(self.instance.address(listener), tls=listener == "pop3s", certificate=self.instance.certificate,
                    **options)
        if user:
            self.assertTrue(pop3.command(f"USER {user.address}").startswith("+OK"))
            self.assertTrue(pop3.command(f"PASS {user.password}").startswith("+OK"))
        return pop3

    def raw(self, listener):
        return Wire(self.instance.address(listener))

    # -- what an attack costs and leaves

    def resident(self, daemon):
        """Memory of all workers of a daemon in KiB."""
        return sum(int(re.search(r"^VmRSS:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M)[1])
                   for pid in self.instance.pids(daemon))

    def check_growth(self, daemon, before, limit, what=""):
        """The memory of a daemon has grown by less than `limit` KiB since it was `before`."""
        if not is_sanitized():
            self.assertLess(self.resident(daemon) - before, limit, f"{daemon} {what}")

    def messages(self, user):
        """{file name: content} of what lies in the user's INBOX."""
        return messages(self.instance, user)

    def leftovers(self, user):
        """Message files that lie in the user's tmp folders: what was begun and not ended."""
        return [path for path in self.instance.maildir(user).rglob("tmp/*") if not path.name.startswith("lock.")]

    def check_cost_of_strangers(self, daemon, listener, bytes_sent, connections=100, greets=True):
        """Opens connections, sends on each what it takes, and compares the memory."""
        address = self.instance.address(listener)
        before = self.resident(daemon)
        opened = []
        try:
            for _ in range(connections):
                client = Wire(address)
                opened.append(client)
                if greets:
                    client.line()
                send_what_is_taken(client.socket, bytes_sent)
            with Wire(address) as last:  # when this one is served, the others were read
                if greets:
                    self.assertTrue(last.line())
            self.check_growth(daemon, before, connections * KIB_PER_CONNECTION, f"after {bytes_sent[:40]!r}")
        finally:
            for client in opened:
                client.close()


def messages(instance, user):
    """{file name: content} of what lies in the user's INBOX; the folder may not exist yet."""
    return {path.name: path.read_bytes() for part in ("new", "cur") for path in (instance.maildir(user) / part).glob("*")}


def send_what_is_taken(connection, data, patience=0.02):
    """Sends until the peer takes no more."""
    connection.settimeout(patience)
    try:
        connection.sendall(data)
    except (TimeoutError, ConnectionError):
        pass


def tls_handshake(address, version=None):
    """Tries a handshake; gives the version that was agreed on, or the error."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if version:
        context.set_ciphers("ALL:@SECLEVEL=0")
        warnings.simplefilter("ignore", DeprecationWarning)  # old versions are what is tested
        context.minimum_version = context.maximum_version = version
    with socket.create_connection(address, timeout=60) as plain:
        try:
            with context.wrap_socket(plain) as secured:
                return secured.version()
        except (ssl.SSLError, ConnectionError) as error:
            return error


def ends(connection):
    """Reads until the peer closes; gives what it still said. A reset counts as closed."""
    said = b""
    try:
        while piece := connection.recv(65536):
            said += piece
    except ConnectionError:
        pass
    return said
