"""Dovecot with its quota backend `maildir` counts by the maildirsize that Posthouse leaves, and the other way round nothing
that Dovecot writes there is taken for a count."""

import json

from both_servers import BothServersTest
from posthouse_test import eventually, main

QUOTA = """
mail_plugins = quota
protocol imap {
  mail_plugins = quota imap_quota
}
plugin {
  quota = maildir:User quota
  quota_rule = *:storage=10M:messages=1000
  quota_rule2 = Trash:ignore
}
"""


class Quota(BothServersTest):
    settings = {**BothServersTest.settings, "quota.rule": "*:storage=10M:messages=1000, Trash:ignore"}
    dovecot_options = {"settings": QUOTA}

    def on_disk(self, user):
        root = self.instance.maildir(user)
        folders = [root, *(one for one in root.glob(".*") if one.is_dir() and one.name != ".Trash")]
        sizes = [one.stat().st_size for folder in folders for part in ("new", "cur") for one in (folder / part).glob("[!.]*")]
        return sum(sizes), len(sizes)

    def dovecots_figure(self, user):
        done = self.dovecot_process.doveadm("-f", "json", "quota", "get", "-u", user.address)
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = {row["type"]: row for row in json.loads(done.stdout)}
        return int(rows["STORAGE"]["value"]), int(rows["MESSAGE"]["value"]), int(rows["STORAGE"]["limit"])

    def our_figure(self, user):
        done = self.instance.posthouse("--json", "quota", "get", user.address)
        self.assertEqual(done.returncode, 0, done.stderr)
        got = json.loads(done.stdout)
        return got["bytes"], got["messages"]

    def test_dovecot_believes_what_posthouse_wrote(self):
        user = self.new_user()
        for number in range(5):
            self.assertTrue(self.posthouse.deliver(user, b"Subject: x\r\n\r\n" + b"y" * 1000 * number + b"\r\n"))
        with self.posthouse.imap(user) as session:
            session.command("SELECT INBOX")
            session.command("MOVE 1 Trash")
            session.command("COPY 1 Archive")
            session.command("STORE 2 +FLAGS.SILENT \\Deleted")
            session.command("EXPUNGE")
        used, count = self.on_disk(user)
        size_file = self.instance.maildir(user) / "maildirsize"
        eventually(lambda: size_file.exists() and size_file.read_text().endswith(f"\n{used} {count}\n"), "maildirsize is written")
        identity = size_file.stat().st_ino
        self.assertEqual(self.dovecots_figure(user), ((used + 1023) // 1024, count, 10 * 1024))
        self.assertEqual(size_file.stat().st_ino, identity, "Dovecot had no reason to count anew")

    def test_posthouse_counts_what_dovecot_did(self):
        user = self.new_user()
        self.assertTrue(self.posthouse.deliver(user, b"Subject: x\r\n\r\nx\r\n"))
        for _ in range(3):
            self.assertTrue(self.dovecot.deliver(user, b"Subject: x\r\n\r\n" + b"y" * 3000 + b"\r\n"))
        with self.dovecot.imap(user) as session:
            session.command("SELECT INBOX")
            session.command("COPY 1:2 Archive")
            session.command("STORE 1 +FLAGS.SILENT \\Deleted")
            session.command("EXPUNGE")
        self.assertEqual(self.our_figure(user), self.on_disk(user))
        size_file = self.instance.maildir(user) / "maildirsize"
        size_file.write_text("10485760S,1000C\n77 7\n")
        self.assertEqual(self.our_figure(user), self.on_disk(user), "a file that is wrong doesn't count here")


if __name__ == "__main__":
    main()
