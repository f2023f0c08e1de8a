"""Debian's Postfix as a receiving and relaying server: mail for example.org goes by LMTP to Dovecot, other domains where
`transports` says. Its settings are Debian's, but for limits that many connections of one client would meet.

    with MailHost(mail_root, users=["joe@example.org"], transports={"example.net": ("127.0.0.1", port)}) as host:
        host.address                            # ("127.0.0.1", port)
        host.is_drained()                       # nothing waits in Postfix's queue
"""

import os
import pathlib
import sys

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2] / name) for name in ("system", "interop")]
from dovecot import Dovecot  # noqa: E402
from mail_transfer import Postfix  # noqa: E402

MAIN = """
myhostname = mx.example.org
mynetworks = 127.0.0.0/8
default_process_limit = {processes}
smtpd_client_connection_count_limit = 0
virtual_mailbox_domains = example.org
virtual_mailbox_maps = texthash:/etc/postfix/mailboxes
virtual_transport = lmtp:inet:{lmtp}
transport_maps = texthash:/etc/postfix/transports
"""


class MailHost:
    """`sessions`: how many there may be at one time."""

    def __init__(self, mail_root, users=(), transports=None, sessions=200):
        self.dovecot = Dovecot(mail_root)
        self.mail_root = mail_root
        self.users = users
        self.transports = transports or {}
        self.sessions = sessions

    def __enter__(self):
        self.dovecot.start()
        main = MAIN.format(lmtp="%s:%d" % self.dovecot.address("lmtp"), processes=self.sessions + 100)
        files = {"mailboxes": "".join(f"{user} here\n" for user in self.users),
                 "transports": "".join("%s smtp:[%s]:%d\n" % (domain, *place) for domain, place in self.transports.items())}
        self.postfix = Postfix(main, files)
        try:
            self.postfix.__enter__()
        except BaseException:
            self.dovecot.stop()
            raise
        self.address = "127.0.0.1", self.postfix.port
        return self

    def __exit__(self, *_):
        self.postfix.__exit__()
        self.dovecot.stop()

    def processes(self):
        """The first of Postfix's, and of Dovecot's."""
        return [self.postfix.process.pid, self.dovecot.process.pid]

    def is_drained(self):
        queue = self.postfix.folder / "queue"
        # In the order in which a message goes through them.
        for folder in ("maildrop", "incoming", "active"):
            if next(os.scandir(queue / folder), None):
                return False
        deferred = next((file for _, _, files in os.walk(queue / "deferred") for file in files), None)
        assert deferred is None, f"Postfix defers:\n{self.postfix.log()[-5000:]}"
        return True
