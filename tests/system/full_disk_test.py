"""A full disk: nothing is stored by halves, clients hear the reply that names it, what is stored can be read and deleted,
and once there is space again everything goes on without a restart. Needs root, to mount small file systems."""

import errno
import os
import re
import subprocess
import unittest
import urllib.error
import urllib.request

from mail_programs import imap_client
from mail_wire import Imap, Smtp, dot_stuffed, literal_of
from posthouse_test import Instance, SystemTest, eventually, main

KILOBYTE = 1024


class SmallDisks(Instance):
    """An instance whose mail and whose spool lie on file systems of their own, of 4 MB each."""

    def start(self):
        for name in ("mail", "spool"):
            (self.folder / name).mkdir()
            mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,mode=0700", "posthouse-test", self.folder / name],
                                     capture_output=True, text=True)
            if mounted.returncode != 0:
                print(f"\nskipped, no small disk can be mounted: {mounted.stderr.strip()}")
                raise unittest.SkipTest(f"no small disk can be mounted: {mounted.stderr.strip()}")
        return super().start()

    def destroy(self):
        try:
            if self.supervisor():
                self.stop()
        finally:
            for name in ("mail", "spool"):
                subprocess.run(["umount", "--lazy", self.folder / name], capture_output=True)
            super().destroy()

    def fill(self, name, leave):
        """Leaves so many octets of space; free() gives the rest back."""
        disk = os.statvfs(self.folder / name)
        with (self.folder / name / ".filler").open("ab", buffering=0) as filler:
            left = max(0, disk.f_bavail * disk.f_frsize - leave)
            try:
                while left > 0:
                    left -= filler.write(b"x" * min(left, 64 * KILOBYTE))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    def free(self, name):
        (self.folder / name / ".filler").unlink(missing_ok=True)


def message(subject, size):
    return f"Subject: {subject}\r\n\r\n".encode() + (b"y" * 76 + b"\r\n") * (size // 78)


class FullDisk(SystemTest):

    @classmethod
    def setUpClass(cls):
        cls.instance = SmallDisks({"smtpd.queue_minfree": "0"})
        cls.addClassCleanup(cls.instance.destroy)
        cls.instance.start()
        cls.alice, cls.bob = cls.instance.user("alice"), cls.instance.user("bob")

    def setUp(self):
        for name in ("mail", "spool"):
            self.addCleanup(self.instance.free, name)
        self.smtp = Smtp(self.instance.address("smtp"))
        self.addCleanup(self.smtp.close)
        self.assertEqual(self.smtp.command("EHLO client.example.org")[0], 250)
        self.imap = Imap(self.instance.address("imaps"), tls=True, certificate=self.instance.certificate)
        self.addCleanup(self.imap.close)
        self.assertTrue(self.imap.login(self.alice).startswith("OK"))

    def send(self, content, *users):
        return self.smtp.transaction("a@example.org", [user.address for user in users or (self.alice,)], content)

    def files(self):
        """Size of every file of all mailboxes, message or not, by its path. A UIDVALIDITY may be used up in vain."""
        root = self.instance.folder / "mail"
        return {str(path.relative_to(root)): path.stat().st_size for path in root.rglob("*")
                if path.is_file() and path.name != ".filler" and not path.name.startswith("dovecot-uidvalidity.")}

    def check_refused(self, reply):
        code, text = reply
        self.assertEqual((code, text[:5]), (452, "4.3.1"), text)

    def append(self, folder, content):
        self.imap.send(b"a APPEND %s {%d+}\r\n%s\r\n" % (folder.encode(), len(content), content))
        return self.imap.result(b"a")[0]

    def test_smtp_refuses_for_now_and_stores_nothing_by_halves(self):
        self.assertEqual(self.send(message("fits", KILOBYTE))[0], 250)
        self.instance.fill("mail", 100 * KILOBYTE)
        before = self.files()
        for size in (200 * KILOBYTE, 1024 * KILOBYTE):
            self.check_refused(self.send(message("too large", size)))
            self.check_refused(self.send(message("too large for two", size), self.alice, self.bob))
        self.assertEqual(self.files(), before)
        self.assertEqual(self.send(message("fits still", KILOBYTE))[0], 250)
        self.instance.fill("mail", 0)
        before = self.files()
        self.check_refused(self.send(message("nothing fits", KILOBYTE)))
        self.assertEqual(self.files(), before)
        self.instance.free("mail")
        self.assertEqual(self.send(message("fits again", 200 * KILOBYTE), self.alice, self.bob)[0], 250)

    def test_a_full_spool_refuses_large_messages_only(self):
        self.instance.fill("spool", 0)
        self.check_refused(self.send(message("through the spool", 400 * KILOBYTE)))
        self.assertEqual(self.send(message("through memory", KILOBYTE))[0], 250)
        self.instance.free("spool")
        self.assertEqual(self.send(message("through the spool", 400 * KILOBYTE))[0], 250)
        held = os.statvfs(self.instance.folder / "spool")
        self.assertEqual(held.f_bfree, held.f_blocks, "nothing stays in the spool")

    def http(self, path):
        """Status and text of the page."""
        host, port = self.instance.address("http")
        try:
            with urllib.request.urlopen(f"http://{host}:{port}{path}") as page:
                return page.status, page.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def spool_bytes(self):
        disk = os.statvfs(self.instance.folder / "spool")
        return (disk.f_blocks - disk.f_bfree) * disk.f_frsize

    def test_a_spool_that_becomes_full_within_a_message_refuses_it_and_takes_the_next(self):
        def refused():
            counted = re.search(r'posthouse_smtp_rejects_total\{[^}]*reason="storage"[^}]*\} (\d+)', self.http("/metrics")[1])
            return int(counted[1]) if counted else 0
        before = refused()
        content = dot_stuffed(message("within", 1024 * KILOBYTE))
        for how in ("DATA", "BDAT"):
            self.assertEqual(self.smtp.command("MAIL FROM:<a@example.org>")[0], 250)
            self.assertEqual(self.smtp.command(f"RCPT TO:<{self.alice.address}>")[0], 250)
            if how == "DATA":
                self.assertEqual(self.smtp.command("DATA")[0], 354)
            else:
                self.smtp.send(f"BDAT {len(content)} LAST\r\n")
            self.smtp.send(content[:512 * KILOBYTE])
            eventually(lambda: self.spool_bytes() > 256 * KILOBYTE, "half of it lies in the spool")
            self.instance.fill("spool", 0)
            self.smtp.send(content[512 * KILOBYTE:] + (b".\r\n" if how == "DATA" else b""))
            self.check_refused(self.smtp.reply())
            self.instance.fill("spool", 0)  # what it had taken is free already
            self.assertEqual(self.http("/ready")[0], 503)
            self.assertIn("Too little space on the disk of the spool", self.http("/ready")[1])
            self.assertEqual([path.name for path in (self.instance.folder / "spool" / "incoming").iterdir()], [])
            self.instance.free("spool")
            eventually(lambda: self.spool_bytes() == 0, "nothing of it stays in the spool")
            self.assertEqual(self.http("/ready")[0], 200)
            self.assertEqual(self.send(message("next", 1024 * KILOBYTE))[0], 250)
        self.assertEqual(refused(), before + 2)
        self.assertRegex(self.http("/metrics")[1], r"posthouse_queue_free_bytes\{[^}]*\} [1-9]")
        log = self.instance.log()
        self.assertEqual(log.count("too little space on the disk of the spool"), log.count("the disk of the spool has space again"))

    def test_imap_refuses_to_store_and_goes_on_with_what_is_there(self):
        with imap_client(self.instance, self.alice) as client:
            client.create("Kept")
            for number in range(3):
                client.append("Kept", None, None, message(f"kept {number}", KILOBYTE))
        self.assertTrue(self.imap.command("SELECT Kept")[0].startswith("OK"))
        self.instance.fill("mail", 0)
        before = self.files()
        for size in (KILOBYTE, 500 * KILOBYTE):
            self.assertRegex(self.append("Kept", message("appended", size)), r"^NO \[UNAVAILABLE\] Insufficient disk space")
        self.assertRegex(self.imap.command("COPY 1:3 Archive")[0], "^NO ")
        self.assertRegex(self.imap.command("CREATE Further")[0], "^NO ")
        self.assertEqual(self.files(), before)
        self.assertEqual(self.imap.command('LIST "" Further')[1], [])
        status, fetched = self.imap.command("FETCH 1:* (FLAGS BODY.PEEK[])")
        self.assertTrue(status.startswith("OK"), status)
        self.assertEqual([literal_of(one) for one in fetched], [message(f"kept {number}", KILOBYTE) for number in range(3)])
        self.assertRegex(self.imap.command("STORE 1 +FLAGS (\\Deleted)")[0], "^OK")
        self.assertRegex(self.imap.command("EXPUNGE")[0], "^OK")
        self.assertEqual(len(self.imap.command("FETCH 1:* (UID)")[1]), 2)

        self.instance.free("mail")
        self.assertRegex(self.append("Kept", message("appended", KILOBYTE)), r"^OK \[APPENDUID")
        self.assertRegex(self.imap.command("COPY 1:2 Archive")[0], r"^OK \[COPYUID")
        self.assertRegex(self.imap.command("CREATE Further")[0], "^OK")
        self.assertRegex(self.imap.command("SELECT Archive")[0], "^OK")
        self.assertEqual(len(self.imap.command("FETCH 1:* (UID)")[1]), 2)

    def test_new_mail_that_cannot_be_numbered_appears_when_there_is_space(self):
        self.assertEqual(self.send(message("numbered", KILOBYTE))[0], 250)
        status, selected = self.imap.command("SELECT INBOX")
        self.assertTrue(status.startswith("OK"), status)
        held = int(next(line.split()[1] for line in selected if line.endswith(b" EXISTS")))
        self.instance.fill("mail", 0)
        # Delivered by another program meanwhile, to a place that a full disk still has: from a file that exists.
        home = self.instance.maildir(self.alice)
        source = next(path for part in ("new", "cur") for path in (home / part).iterdir())
        os.link(source, home / "new" / "1000000000.M1P1.other.example")
        for command in ("NOOP", "SELECT INBOX", "FETCH 1:* (FLAGS)", "STATUS INBOX (MESSAGES)"):
            status, _ = self.imap.command(command)
            self.assertTrue(status.startswith("OK"), f"{command}: {status}")
        self.instance.free("mail")
        self.assertTrue(self.imap.command("SELECT INBOX")[0].startswith("OK"))
        self.assertEqual(len(self.imap.command("FETCH 1:* (UID)")[1]), held + 1)


if __name__ == "__main__":
    main()
