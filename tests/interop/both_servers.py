"""The framework of these tests: an instance of Posthouse and a Dovecot that work on the same mail.

    class Turns(BothServersTest):
        def test_dovecot_sees_what_posthouse_delivered(self):
            joe = self.new_user()
            self.posthouse.deliver(joe, b"Subject: hello\\r\\n\\r\\nbody\\r\\n")
            self.agree(joe)

POSTHOUSE_SEED=N repeats a run's choices."""

import pathlib
import random
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "system"), str(TESTS / "bench" / "peer")]

from dovecot import Dovecot, give, started_by  # noqa: E402
from mail_state import Gone, differences, state_of  # noqa: E402
from mail_wire import Imap, Pop3, Smtp  # noqa: E402
from posthouse_test import SystemTest, User, eventually, setting  # noqa: E402

SEED = setting("SEED", 0) or random.randrange(1, 1 << 32)


class Server:
    """One of the two, as clients see it. Mail comes by LMTP."""

    def __init__(self, name, address):
        self.name = name
        self.address = address

    def imap(self, user):
        session = Imap(self.address("imap"))
        result = session.login(user)
        assert result.startswith("OK"), f"{self.name}: {result}"
        return session

    def pop3(self, user):
        session = Pop3(self.address("pop3"))
        session.command(f"USER {user.address}")
        result = session.command(f"PASS {user.password}")
        assert result.startswith("+OK"), f"{self.name}: {result}"
        return session

    def deliver(self, user, content):
        """Whether the message was accepted."""
        with Smtp(self.address("lmtp")) as session:
            session.command("LHLO client.example.org")
            code, text = session.transaction("sender@example.org", [user.address], content)
            session.command("QUIT")
        assert code == 250 or 400 <= code < 500, f"{self.name}: {code} {text}"
        return code == 250

    def __str__(self):
        return self.name


class BothServersTest(SystemTest):
    settings = {"tls.allow_plain_login": "true", "auth.failure_delay": "0", "imapd.workers": "2"}
    started_by = started_by()
    dovecot_options = {}
    users = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        print(f"\nseed: POSTHOUSE_SEED={SEED}")
        cls.dovecot_process = Dovecot(cls.instance.description["mail_root"], **cls.dovecot_options)
        cls.addClassCleanup(cls.dovecot_process.stop)
        cls.dovecot_process.start()
        cls.posthouse = Server("Posthouse", cls.instance.address)
        cls.dovecot = Server("Dovecot", cls.dovecot_process.address)

    def new_user(self):
        """A user without mail; the folder is made by whoever comes first."""
        BothServersTest.users += 1
        user = User(f"user{self.users}@posthouse.example", "secret")
        added = self.instance.posthouse("user", "add", user.address, "--password-stdin", input=user.password + "\n")
        self.assertEqual(added.returncode, 0, added.stderr)
        return user

    def agree(self, user):
        """Both show the same, at once or after the second that either needs to trust a folder's time. Gives the state."""
        found = []

        def equal():
            try:
                found[:] = state_of(self.posthouse, user), state_of(self.dovecot, user)
            except Gone:  # the other server has removed what a folder's time did not show yet
                return False
            return not differences(*found)

        try:
            eventually(equal, "both agree")
        except AssertionError:
            self.fail("Posthouse (-) and Dovecot (+) differ:\n" + "\n".join(differences(*found)[:50]) + "\n" + self.files(user))
        return found[0]

    def files(self, user):
        """What lies on disk, for whoever has to find out why the two differ."""
        root = self.instance.maildir(user)
        lines = []
        for path in sorted(root.rglob("*")):
            if path.is_file():
                lines.append(f"{path.stat().st_mtime:.3f} {path.stat().st_uid} {path.relative_to(root)}")
                if path.name in ("dovecot-keywords", "dovecot-uidlist", "subscriptions"):
                    lines += ["    " + line for line in path.read_text(errors="replace").splitlines()]
            elif path.name in ("cur", "new"):
                lines.append(f"{path.stat().st_mtime:.3f} {path.relative_to(root)}/")
        return "\n".join(lines)

    def run(self, result=None):
        before = len(result.failures) + len(result.errors) if result else 0
        outcome = super().run(result)
        if result and self.instance and len(result.failures) + len(result.errors) > before:
            print(f"--- the log of Dovecot after {self.id()}:\n{self.dovecot_process.log()[-10000:]}\n---", file=sys.stderr)
        return outcome
