"""A quota as users, senders and administrators meet it: what is refused where, what makes room, who is warned, and that
the figure is what lies on disk, whatever happens to the index."""
# labels: clients

import json
import shutil
import threading

from mail_wire import Imap, Smtp, Wire
from posthouse_test import SystemTest, User, eventually, main

KIB = 1024


def message(octets):
    """A message of so many octets, CRLFs included."""
    head = b"Subject: x\r\n\r\n"
    lines = (octets - len(head)) // 64
    return head + b"0" * (octets - len(head) - lines * 64 - 2) + b"\r\n" + (b"x" * 62 + b"\r\n") * lines


class Quota(SystemTest):
    settings = {"tls.allow_plain_login": "true", "auth.failure_delay": "0", "lmtpd.workers": "2", "imapd.workers": "2",
                "quota.rule": "Trash:ignore", "quota.warning": "storage=80%", "quota.grace": "10%"}
    count = 0

    def posthouse(self, *arguments, input=None):
        done = self.instance.posthouse("--json", "--yes", *arguments, input=input)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        return json.loads(done.stdout)

    def user(self, quota_mb=1):
        Quota.count += 1
        joe = User(f"quota{Quota.count}@posthouse.example", "secret")
        self.posthouse("user", "add", joe.address, "--password-stdin", "--quota", str(quota_mb), input="secret\n")
        return joe

    def deliver(self, user, octets, say_size=True):
        """The reply that decides, and whether it came before the data."""
        with Smtp(self.instance.address("smtp")) as session:
            session.command("EHLO client.example.org")
            size = f" SIZE={octets}" if say_size else ""
            session.command(f"MAIL FROM:<a@example.org>{size}")
            reply = session.command(f"RCPT TO:<{user.address}>")
            if reply[0] != 250:
                return reply, True
            session.command("DATA")
            session.send(message(octets) + b".\r\n")
            return session.reply(), False

    def imap(self, user, mailbox="INBOX"):
        session = Imap(self.instance.address("imap"))
        self.assertTrue(session.login(user).startswith("OK"))
        self.assertTrue(session.command(f"SELECT {mailbox}")[0].startswith("OK"))
        return session

    def append(self, session, octets, mailbox="INBOX"):
        """As a client without LITERAL+ does it: the tagged reply, and the untagged responses."""
        session.number += 1
        tag = b"t%d" % session.number
        session.send(tag + b" APPEND %s {%d}\r\n" % (mailbox.encode(), octets))
        first = session.line()
        if not first.startswith(b"+"):
            return first[len(tag) + 1:].decode(), []
        session.send(message(octets) + b"\r\n")
        return session.result(tag)

    def bytes_on_disk(self, user, but=()):
        """What the files in new/ and cur/ take, and how many they are."""
        root = self.instance.maildir(user)
        folders = [root, *(one for one in root.glob(".*") if one.is_dir() and one.name not in but)]
        sizes = [one.stat().st_size for folder in folders for part in ("new", "cur") for one in (folder / part).glob("[!.]*")]
        return sum(sizes), len(sizes)

    def check_figure(self, user):
        """The figure is what lies on disk."""
        got = self.posthouse("quota", "get", user.address)
        self.assertEqual((got["bytes"], got["messages"]), self.bytes_on_disk(user, but=(".Trash",)))
        return got

    def test_a_full_mailbox_refuses_and_takes_again_when_there_is_room(self):
        joe = self.user()
        self.assertEqual(self.deliver(joe, 1200 * KIB), ((552, f"5.2.3 <{joe.address}>: Message is larger than the mailbox may be"),
                                                         True))
        for _ in range(3):
            self.assertEqual(self.deliver(joe, 300 * KIB)[0][0], 250)
        with self.imap(joe) as session:
            self.assertEqual(self.append(session, 200 * KIB)[0], "NO [OVERQUOTA] Mailbox is full")
            self.assertTrue(session.command("COPY 1 Archive")[0].startswith("NO [OVERQUOTA] "))
            # The last message that is delivered may exceed the limit by a tenth.
            self.assertEqual(self.deliver(joe, 200 * KIB)[0][0], 250)
            full = (552, f"5.2.2 <{joe.address}>: Mailbox is full")
            self.assertEqual(self.deliver(joe, KIB), (full, True))
            self.assertEqual(self.deliver(joe, KIB, say_size=False), (full, True))
            self.check_figure(joe)
            # What is moved to the bin counts no more, and moving never needs room.
            self.assertTrue(session.command("MOVE 1 Archive")[0].startswith("OK"))
            self.assertEqual(self.deliver(joe, KIB), (full, True))
            self.assertTrue(session.command("MOVE 1 Trash")[0].startswith("OK"))
            self.assertEqual(self.deliver(joe, KIB)[0][0], 250)
            self.check_figure(joe)
        with self.imap(joe, "Trash") as session:
            self.assertTrue(self.append(session, 300 * KIB, "Trash")[0].startswith("OK"))
            self.assertTrue(self.append(session, 300 * KIB, "Trash")[0].startswith("OK"))
            self.assertTrue(session.command("MOVE 1:2 INBOX")[0].startswith("NO [OVERQUOTA] "))
        with self.imap(joe, "Archive") as session:
            session.command("STORE 1 +FLAGS.SILENT \\Deleted")
            self.assertTrue(session.command("EXPUNGE")[0].startswith("OK"))
            self.assertTrue(self.append(session, 200 * KIB)[0].startswith("OK"))
        self.check_figure(joe)

    def test_a_larger_quota_counts_at_once(self):
        joe = self.user()
        self.assertEqual(self.deliver(joe, 1000 * KIB)[0][0], 250)
        self.assertEqual(self.deliver(joe, 500 * KIB)[0][0], 552)
        self.posthouse("user", "set", joe.address, "--quota", "2")
        self.assertEqual(self.deliver(joe, 500 * KIB)[0][0], 250)

    def test_who_comes_near_the_limit_is_warned_once(self):
        joe = self.user()
        with self.imap(joe) as session:
            self.assertEqual(self.append(session, 700 * KIB)[1][:1], [b"* 1 EXISTS"])
            _, untagged = self.append(session, 200 * KIB)
            self.assertIn(b"* NO [ALERT] Your mail takes more than 80% of what it may", untagged)
            self.assertNotIn(b"ALERT", b"".join(self.append(session, KIB)[1]))
        ann = self.user()
        self.deliver(ann, 900 * KIB)
        lines = [line for line in self.instance.log().splitlines() if "quota warning" in line]
        for user, daemon in ((joe, "imapd"), (ann, "lmtpd")):
            found = [line for line in lines if f"user={user.address}" in line]
            self.assertEqual(len(found), 1, found)
            self.assertIn(f" {daemon}[", found[0])
            self.assertIn("percent=80", found[0])

    def test_deliveries_at_one_time_do_not_exceed_the_hard_limit(self):
        joe = self.user()
        accepted, refused = threading.Semaphore(0), threading.Semaphore(0)

        def send():
            for _ in range(10):
                code = self.deliver(joe, 50 * KIB, say_size=False)[0][0]
                (accepted if code == 250 else refused).release()

        threads = [threading.Thread(target=send) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        used, count = self.bytes_on_disk(joe)
        self.assertEqual(count, accepted._value)
        self.assertGreater(refused._value, 0)
        self.assertLessEqual(used, 1024 * KIB * 11 // 10)
        self.assertGreater(used, 1024 * KIB - 50 * KIB, "it was used")
        self.check_figure(joe)

    def test_without_its_index_the_figure_is_the_same(self):
        joe = self.user()
        with self.imap(joe) as session:
            for size in (100, 200, 300):
                self.assertEqual(self.deliver(joe, size * KIB)[0][0], 250)
                session.command("NOOP")
            before = self.check_figure(joe)
            for place in self.instance.folder.glob(f"**/index/posthouse.example/{joe.address.split('@')[0]}"):
                shutil.rmtree(place)
            self.assertEqual(self.deliver(joe, 500 * KIB)[0][0], 250)
            self.assertEqual(self.deliver(joe, 500 * KIB)[0][0], 552)
            after = self.check_figure(joe)
            self.assertEqual(after["messages"], before["messages"] + 1)
        counted = self.posthouse("quota", "recalc", joe.address)
        self.assertEqual((counted["bytes"], counted["bytes_before"]), (after["bytes"], after["bytes"]))

    def test_what_is_removed_by_hand_makes_room(self):
        joe = self.user()
        self.assertEqual(self.deliver(joe, 1000 * KIB)[0][0], 250)
        self.assertEqual(self.deliver(joe, 500 * KIB)[0][0], 552)
        for file in (self.instance.maildir(joe) / "new").iterdir():
            file.unlink()
        self.assertEqual(self.deliver(joe, 500 * KIB)[0][0], 250)
        self.check_figure(joe)

    def test_the_directory_and_maildirsize_are_told(self):
        joe = self.user(5)
        self.assertEqual(self.deliver(joe, 1500 * KIB)[0][0], 250)
        used, count = self.bytes_on_disk(joe)
        size_file = self.instance.maildir(joe) / "maildirsize"

        def told():
            rows = {row["email"]: row for row in self.posthouse("user", "list")}
            row = rows[joe.address]
            return (row["usage_bytes"], row["messages"], row["usage_mb"]) == (used, count, 2) and size_file.exists()

        eventually(told, "the usage is reported")
        self.assertEqual(size_file.read_text(), f"{5 << 20}S\n{used} {count}\n")
        rows = self.instance.directory(f"SELECT usage_mb, usage_bytes, messages FROM mailbox_usage WHERE email = '{joe.address}'")
        self.assertEqual(rows, [["2", str(used), str(count)]])

    def test_a_postfix_may_ask(self):
        joe = self.user()
        self.assertEqual(self.deliver(joe, 1000 * KIB)[0][0], 250)
        with Wire(str(self.instance.folder / "run" / "quota.sock")) as session:
            for size, action in ((KIB, b"DUNNO"), (500 * KIB, b"552 5.2.2 Mailbox is full")):
                session.send(f"request=smtpd_access_policy\nprotocol_state=RCPT\nrecipient={joe.address}\nsize={size}\n\n")
                self.assertEqual((session.line(), session.line()), (b"action=" + action, b""))


class PutOff(SystemTest):
    settings = {"quota.rule": "*:storage=100K", "quota.full_tempfail": "true", "quota.grace": "0"}

    def test_mail_for_a_full_mailbox_may_come_later(self):
        bob = self.instance.user("bob")
        with Smtp(self.instance.address("smtp")) as session:
            session.command("EHLO client.example.org")
            self.assertEqual(session.transaction("a@example.org", [bob.address], message(90 * KIB))[0], 250)
            session.command(f"MAIL FROM:<a@example.org> SIZE={50 * KIB}")
            self.assertEqual(session.command(f"RCPT TO:<{bob.address}>"),
                             (452, f"4.2.2 <{bob.address}>: Mailbox is full, try again later"))


if __name__ == "__main__":
    main()
