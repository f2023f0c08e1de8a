"""What tests of mail programs share: users of their own, mail for them, and a look at what is on the server."""

import contextlib
import re
import sys

from mail_programs import Programs, imap_client, smtp_client
from mail_recorder import Recorder
from mail_wire import Imap
from posthouse_test import BUILD, SystemTest, User

CONVERSATIONS = BUILD / "conversations"


class ClientTest(SystemTest):
    settings = {"auth.failure_delay": "0", "guard.failure_delay": "0"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.programs = Programs(cls.instance)

    def user(self, name):
        """A user of one test."""
        joe = User(f"{name}@posthouse.example", "secret word")
        added = self.instance.posthouse("user", "add", joe.address, "--password-stdin", input=joe.password + "\n")
        self.assertEqual(added.returncode, 0, added.stderr)
        return joe

    @contextlib.contextmanager
    def recorded(self, name):
        """A recorder of conversations, and programs that talk through it. What was said is left in conversations/ of the build,
        and no program may send what the server doesn't understand."""
        with Recorder(self.instance) as recorder:
            try:
                yield recorder, Programs(recorder, name)
                self.assertEqual([str(one) for one in recorder.exchanges() if one.result.startswith("BAD")], [])
            except BaseException:
                print(f"--- what {name} said:\n{recorder}\n---", file=sys.stderr)
                raise
            finally:
                CONVERSATIONS.mkdir(exist_ok=True)
                (CONVERSATIONS / f"{name}.txt").write_text(f"{recorder}\n")

    def send(self, user, subjects):
        """Messages from another server."""
        with smtp_client(self.instance, "smtp") as client:
            for subject in subjects:
                client.sendmail("a@example.org", [user.address], f"Subject: {subject}\r\n\r\nbody of {subject}\r\n")

    def fill(self, user, folders):
        """Appends messages: {folder: their contents}, a hundred in a command. Folders are made."""
        with Imap(self.instance.address("imaps"), tls=True, certificate=self.instance.certificate) as client:
            self.assertTrue(client.login(user).startswith("OK"))
            for folder, messages in folders.items():
                if folder != "INBOX":
                    self.assertTrue(client.command(f'CREATE "{folder}"')[0].startswith("OK"), folder)
                for start in range(0, len(messages), 100):
                    literals = b"".join(b" {%d+}\r\n%s" % (len(one), one) for one in messages[start:start + 100])
                    appended = client.command(f'APPEND "{folder}"'.encode() + literals)
                    self.assertTrue(appended[0].startswith("OK"), appended)

    def far(self, user, folder="INBOX"):
        """{subject: flags without \\Recent} of the messages on the server."""
        with imap_client(self.instance, user) as client:
            self.assertEqual(client.select(f'"{folder}"', readonly=True)[0], "OK", folder)
            data = client.fetch("1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1]
            return {part[1].decode().strip().removeprefix("Subject: "): set(re.findall(r"[\\$]?[A-Z]\w+", flags[1])) - {"\\Recent"}
                    for part in data if isinstance(part, tuple) and (flags := re.search(r"FLAGS \((.*?)\)", part[0].decode()))}

    def far_folders(self, user):
        """The names of the folders on the server, as IMAP writes them."""
        with imap_client(self.instance, user) as client:
            return {re.search(r'"/" "?(.*?)"?$', line.decode())[1] for line in client.list()[1]}
