"""Dovecot knows Posthouse's users: by its own SQL driver from the tables in MariaDB, with the hashes that Posthouse wrote; and
by asking authd, as its own passdb and userdb."""

import pathlib
import shutil
import tempfile

from both_servers import Imap, Server, SystemTest, User, eventually
from dovecot import Dovecot, give, started_by
from mariadb_test import OnMariadb
from posthouse_test import main, run

SCHEMES = ["ARGON2ID", "BLF-CRYPT", "SHA512-CRYPT", "SHA256-CRYPT", "SCRAM-SHA-256", "SCRAM-SHA-1"]
PASSWORDS = ["secret", "pa ss\"w{o}rd$1$'%u", "p\u00e4ssw\u00f6rt"]

# As docs/administration.md has it.
SQL = """
driver = mysql
connect = host={socket} dbname=posthouse user=posthouse_read password=readonly
password_query = SELECT email AS user, password FROM virtual_users WHERE email = '%u' AND enabled = 1 \\
  AND app_passwords_only = 0 AND must_change_password = 0 AND (services = '' OR FIND_IN_SET('%s', REPLACE(services, ' ', ',')))
user_query = SELECT '{mail}/%d/%n' AS home, IF(quota_mb > 0, CONCAT('*:storage=', quota_mb, 'M'), NULL) AS quota_rule \\
  FROM virtual_users WHERE email = '%u'
iterate_query = SELECT email AS user FROM virtual_users
"""

SQL_ACCOUNTS = """
passdb {{
  driver = sql
  args = {file}
}}
userdb {{
  driver = sql
  args = {file}
}}
"""


# Answers are wanted at once, and those of now.
NO_DELAYS = """
auth_failure_delay = 0
auth_cache_size = 0
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
"""


class WithDovecot:
    started_by = started_by()

    @classmethod
    def start_dovecot(cls, settings="", **options):
        cls.dovecot_process = Dovecot(cls.instance.description["mail_root"], settings=NO_DELAYS + settings, **options)
        cls.addClassCleanup(cls.dovecot_process.stop)
        cls.dovecot_process.start()
        cls.dovecot = Server("Dovecot", cls.dovecot_process.address)

    def imap(self, server, user):
        """What LOGIN said."""
        session = Imap(server.address("imap"))
        self.addCleanup(session.close)
        return session.login(user)

    def make(self, name, password, *options):
        user = User(f"{name}@posthouse.example", password)
        added = self.instance.posthouse("user", "add", user.address, "--password-stdin", *options, input=password + "\n")
        self.assertEqual(added.returncode, 0, added.stderr)
        return user

    def set(self, *arguments):
        done = self.instance.posthouse("--yes", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)

    def auth_test(self, user, *options):
        """Whether doveadm's log-in succeeds."""
        done = self.dovecot_process.doveadm("auth", "test", *options, user.address, user.password)
        self.assertIn(("auth succeeded", done.returncode), (("auth succeeded", 0), ("auth succeeded", 77)), done.stderr)
        return done.returncode == 0

    def run(self, result=None):
        before = len(result.failures) + len(result.errors) if result else 0
        outcome = super().run(result)
        if result and len(result.failures) + len(result.errors) > before:
            print(f"--- the log of Dovecot after {self.id()}:\n{self.dovecot_process.log()[-10000:]}\n---")
        return outcome


class Sql(WithDovecot, OnMariadb):
    extra = {"tls.allow_plain_login": "true", "auth.rehash": "false"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = pathlib.Path(tempfile.mkdtemp(prefix="dovecot-sql-"))
        cls.addClassCleanup(shutil.rmtree, folder)
        (folder / "password").write_text("readonly\n")
        give(folder)
        statements = cls.instance.posthouse("db", "grants", "--reader-password-file", folder / "password")
        assert statements.returncode == 0, statements.stderr
        cls.server.execute(statements.stdout)
        file = folder / "dovecot-sql.conf.ext"
        file.write_text(SQL.format(socket=cls.server.socket, mail=cls.instance.description["mail_root"]))
        give(folder)
        cls.start_dovecot(accounts=SQL_ACCOUNTS.format(file=file))

    def test_every_hash_that_posthouse_makes_lets_its_user_in(self):
        for scheme in SCHEMES:
            self.instance.settings["auth.password_scheme"] = scheme
            for number, password in enumerate(PASSWORDS):
                with self.subTest(scheme, password=password):
                    user = self.make(f"made{number}.{scheme.lower()}", password)
                    wrong = User(user.address, password + "x")
                    self.assertTrue(self.auth_test(user))
                    self.assertFalse(self.auth_test(wrong))
                    for server in (self.dovecot, self.posthouse_server()):
                        self.assertRegex(self.imap(server, User(user.address, password.replace('"', '\\"'))), "^OK")
                        self.assertRegex(self.imap(server, User(user.address, "x")), "AUTHENTICATIONFAILED")

    def posthouse_server(self):
        return Server("Posthouse", self.instance.address)

    def test_who_may_not_log_in_here_may_not_there(self):
        joe = self.make("joe", "secret")
        self.assertTrue(self.auth_test(joe))
        self.set("user", "disable", joe.address)
        self.assertFalse(self.auth_test(joe))
        self.assertRegex(self.imap(self.dovecot, joe), "AUTHENTICATIONFAILED")
        self.set("user", "enable", joe.address)
        self.assertTrue(self.auth_test(joe))
        self.set("user", "set", joe.address, "--services", "pop3,smtp")
        self.assertFalse(self.auth_test(joe, "-x", "service=imap"))
        self.assertTrue(self.auth_test(joe, "-x", "service=pop3"))
        self.set("user", "set", joe.address, "--services", "all", "--app-passwords-only", "on")
        self.assertFalse(self.auth_test(joe, "-x", "service=imap"))
        self.set("user", "set", joe.address, "--app-passwords-only", "off")
        self.assertTrue(self.auth_test(joe, "-x", "service=imap"))
        done = self.instance.posthouse("user", "passwd", joe.address, "--must-change", "--password-stdin", input="first\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertFalse(self.auth_test(User(joe.address, "first"), "-x", "service=imap"))

    def test_it_finds_home_quota_and_all_users(self):
        ann = self.make("ann", "secret", "--quota", "5")
        found = self.dovecot_process.doveadm("user", ann.address)
        self.assertIn(f"home\t{self.instance.maildir(ann)}", found.stdout)
        self.assertIn("quota_rule\t*:storage=5M", found.stdout)
        listed = self.dovecot_process.doveadm("user", "*").stdout.splitlines()
        self.assertEqual(sorted(listed), sorted(self.server.execute("SELECT email FROM posthouse.virtual_users").split()))
        self.assertEqual(self.dovecot_process.doveadm("user", "nobody@posthouse.example").returncode, 67)


class Authd(WithDovecot, SystemTest):
    """Dovecot without accounts of its own: its log-in processes and its look-ups use authd's sockets."""

    settings = {"directory.engine": "sqlite", "auth.failure_delay": "0", "guard.failure_delay": "0", "tls.allow_plain_login": "true",
                "general.restart_delay": "10ms"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        auth, userdb = cls.instance.address("auth"), cls.instance.address("userdb")
        cls.start_dovecot(settings=f"""
auth_socket_path = {userdb}
service imap-login {{
  executable = imap-login {auth}
}}
service pop3-login {{
  executable = pop3-login {auth}
}}
service imap {{
  executable = imap -a {userdb}
}}
service pop3 {{
  executable = pop3 -a {userdb}
}}
""")

    def test_doveadm_tests_log_ins_by_the_socket_auth(self):
        joe = self.make("joe", "secret")
        socket = self.instance.address("auth")
        self.assertTrue(self.auth_test(joe, "-a", socket))
        self.assertFalse(self.auth_test(User(joe.address, "wrong"), "-a", socket))
        self.assertFalse(self.auth_test(User("nobody@posthouse.example", "secret"), "-a", socket))
        self.set("user", "disable", joe.address)
        self.assertFalse(self.auth_test(joe, "-a", socket))
        self.set("user", "enable", joe.address)
        self.assertTrue(self.auth_test(joe, "-a", socket))

    def test_doveadm_finds_users_by_the_socket_userdb(self):
        ann = self.make("ann", "secret", "--quota", "5")
        socket = self.instance.address("userdb")
        found = self.dovecot_process.doveadm("user", "-a", socket, ann.address)
        self.assertIn(f"home\t{self.instance.maildir(ann)}", found.stdout)
        self.assertIn("quota_rule\t*:storage=5M", found.stdout)
        self.assertEqual(self.dovecot_process.doveadm("user", "-a", socket, "nobody@posthouse.example").returncode, 67)
        listed = self.dovecot_process.doveadm("user", "-a", socket, "*").stdout.splitlines()
        self.assertTrue({ann.address, self.instance.user("alice").address} <= set(listed), listed)
        self.assertEqual(self.dovecot_process.doveadm("auth", "cache", "flush", "-a", socket).returncode, 0)

    def test_its_imap_and_pop3_log_users_in_by_authd(self):
        kim = self.make("kim", "secret")
        posthouse = Server("Posthouse", self.instance.address)
        self.assertTrue(posthouse.deliver(kim, b"Subject: one\r\n\r\nx\r\n"))
        for _ in range(3):
            session = self.dovecot.imap(kim)
            self.assertIn(b"* 1 EXISTS", session.command("SELECT INBOX")[1])
            session.close()
            with self.dovecot.pop3(kim) as pop3:
                self.assertTrue(pop3.command("STAT").startswith("+OK 1 "))
        self.assertRegex(self.imap(self.dovecot, User(kim.address, "wrong")), "AUTHENTICATIONFAILED")
        self.assertRegex(self.imap(self.dovecot, User("nobody@posthouse.example", "secret")), "AUTHENTICATIONFAILED")

    def test_while_the_directory_is_away_nobody_is_told_that_a_password_is_wrong(self):
        mia = self.make("mia", "secret")
        database = self.instance.folder / "db" / "directory.sqlite"
        away = database.with_suffix(".away")
        database.rename(away)
        for user in (mia, User("nobody@posthouse.example", "secret")):
            self.assertRegex(self.imap(self.dovecot, user), r"^NO \[UNAVAILABLE\]")
        away.rename(database)
        self.assertRegex(self.imap(self.dovecot, mia), "^OK")

    def test_log_ins_go_on_after_authd_was_killed(self):
        tim = self.make("tim", "secret")
        for _ in range(3):
            self.instance.kill("authd")
            eventually(lambda: self.imap(self.dovecot, tim).startswith("OK"), "log-ins to Dovecot")

    def test_its_lmtp_delivers_to_users_of_authd(self):
        lee = self.make("lee", "secret")
        self.assertTrue(self.dovecot.deliver(lee, b"Subject: two\r\n\r\nx\r\n"))
        self.assertEqual(len(list((self.instance.maildir(lee) / "new").iterdir())), 1)


if __name__ == "__main__":
    main()
