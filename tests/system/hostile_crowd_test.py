"""Ten thousand strangers who connect and say nothing: each costs little memory, and mail goes on as if they weren't there."""

import os
import resource
import socket
import unittest

from hostile import HostileTest, is_sanitized
from posthouse_test import PATIENCE, eventually, main, proportional_memory, setting

STRANGERS = setting("STRANGERS", 1000 if is_sanitized() else 10_000)
ROOM = 1000  # for other connections, and other files
KIB_PER_STRANGER = 64


class Crowd(HostileTest):
    settings = {f"{daemon}.connections": STRANGERS + ROOM for daemon in ("smtpd", "imapd")}

    @classmethod
    def setUpClass(cls):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < STRANGERS + ROOM:
            raise unittest.SkipTest(f"a process may have {hard} files here")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, STRANGERS + ROOM), hard))
        super().setUpClass()

    def check_crowd(self, daemon, listener):
        """Of all daemons together: guardd counts the strangers as well."""
        self.check_normal_clients()  # what is needed for the first client is not for strangers
        before = proportional_memory(self.instance.pids())
        strangers = []
        try:
            for _ in range(STRANGERS):
                strangers.append(socket.create_connection(self.instance.address(listener), PATIENCE))
            eventually(lambda: self.open_files(daemon) > STRANGERS, "all are accepted")
            self.check_normal_clients()
            cost = (proportional_memory(self.instance.pids()) - before) / STRANGERS / 1024
        finally:
            for stranger in strangers:
                stranger.close()
        print(f"\n{STRANGERS} strangers on {listener}: {cost:.1f} KiB each")
        if not is_sanitized():
            self.assertLess(cost, KIB_PER_STRANGER)

    def open_files(self, daemon):
        return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in self.instance.pids(daemon))

    def test_before_the_first_command(self):
        self.check_crowd("smtpd", "smtp")

    def test_before_tls(self):
        self.check_crowd("smtpd", "submissions")

    def test_before_a_log_in(self):
        self.check_crowd("imapd", "imap")


if __name__ == "__main__":
    main()
