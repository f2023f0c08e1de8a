"""An instance whose directory is in MariaDB: changes count at once, and while the server is killed, frozen or read-only,
nobody hears that a user is unknown or a password wrong, and no mail is lost."""

import base64
import collections
import contextlib
import json
import re
import socket
import threading
import time

from mail_wire import Imap, Smtp
from mariadb_server import MariadbServer
from posthouse_test import BIN, PATIENCE, SystemTest, User, eventually, main, run


class OnMariadb(SystemTest):
    extra = {}

    @classmethod
    def setUpClass(cls):
        cls.server = MariadbServer()
        cls.addClassCleanup(cls.server.destroy)
        cls.settings = {"auth.failure_delay": "0", "guard.failure_delay": "0", "smtpd.error_limit": "10000",
                        **cls.server.settings(), **cls.extra}
        config = cls.server.folder / "init.toml"
        config.write_text("")
        environment = {"POSTHOUSE_" + name.upper().replace(".", "_"): value for name, value in cls.settings.items()}
        made = run(BIN / "posthouse", "--config", config, "db", "init", environment=environment)
        if made.returncode != 0:
            raise AssertionError(made.stderr)
        super().setUpClass()
        cls.alice = cls.instance.user("alice")

    def posthouse(self, *arguments, input=None):
        done = self.instance.posthouse("--yes", *arguments, input=input)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def add_user(self, name, password="secret"):
        user = User(f"{name}@posthouse.example", password)
        self.posthouse("user", "add", user.address, "--password-stdin", input=password + "\n")
        return user

    def log_in(self, user):
        with Imap(self.instance.address("imaps"), tls=True, certificate=self.instance.certificate) as session:
            return session.login(user)

    def submit(self, user):
        """The code of the reply to AUTH."""
        with Smtp(self.instance.address("submissions"), tls=True, certificate=self.instance.certificate) as session:
            session.command("EHLO client.example.org")
            response = base64.b64encode(f"\0{user.address}\0{user.password}".encode()).decode()
            return session.command(f"AUTH PLAIN {response}")[0]

    def rcpt(self, address):
        with Smtp(self.instance.address("smtp")) as session:
            session.command("EHLO client.example.org")
            session.command("MAIL FROM:<a@example.org>")
            return session.command(f"RCPT TO:<{address}>")[0]


class Changes(OnMariadb):
    """With a long cache, so that only who is told can know."""

    extra = {"directory.cache_time": "1h", "directory.cache_negative_time": "1h"}

    def test_what_the_command_line_changes_counts_at_once(self):
        address = "joe@posthouse.example"
        self.assertEqual(self.rcpt(address), 550)
        joe = self.add_user("joe")
        self.assertEqual(self.rcpt(address), 250)
        self.assertRegex(self.log_in(joe), "^OK")
        self.posthouse("user", "passwd", address, "--password-stdin", input="other\n")
        self.assertRegex(self.log_in(joe), "AUTHENTICATIONFAILED")
        self.assertRegex(self.log_in(User(address, "other")), "^OK")
        self.assertEqual(self.rcpt("info@posthouse.example"), 550)
        self.posthouse("alias", "add", "info@posthouse.example", address)
        self.assertEqual(self.rcpt("info@posthouse.example"), 250)
        self.posthouse("user", "remove", address)
        self.assertEqual(self.rcpt(address), 550)
        self.assertIn("user.remove", self.posthouse("db", "audit", "--about", address).stdout)

    def test_names_that_look_like_sql_are_names(self):
        for local in ("'", "x' OR '1'='1", '"a\\" or 1=1"', "joe%", "al_ce", "alic\u00e9", "\\", "alice'--", "%u", "?", "`a`"):
            self.assertIn(self.rcpt(f"{local}@posthouse.example"), (501, 550, 553, 555), local)
            self.assertNotRegex(self.log_in(User(f"{local}@posthouse.example".replace("\\", "").replace('"', ""), self.alice.password)), "^OK")
        self.assertRegex(self.log_in(self.alice), "^OK")


    def socketmap(self, name, key):
        request = f"{name} {key}"
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(str(self.instance.folder / "run" / "socketmap.sock"))
            connection.sendall(f"{len(request)}:{request},".encode())
            return connection.recv(10000).decode().partition(":")[2]

    def test_lists_grants_and_transports_count_at_once(self):
        lisa = self.add_user("lisa")
        crowd = "crowd@posthouse.example"
        self.assertEqual(self.rcpt(crowd), 550)
        self.posthouse("list", "add", crowd)
        self.assertEqual(self.rcpt(crowd), 550)
        self.posthouse("list", "member", "add", crowd, lisa.address)
        self.assertEqual(self.rcpt(crowd), 250)
        self.posthouse("list", "remove", crowd)
        self.assertEqual(self.rcpt(crowd), 550)
        self.assertEqual(self.socketmap("sender", "office@elsewhere.example"), "NOTFOUND ,")
        self.posthouse("grant", "add", lisa.address, "@elsewhere.example")
        self.assertEqual(self.socketmap("sender", "office@elsewhere.example"), f"OK {lisa.address},")
        self.posthouse("user", "remove", lisa.address)
        self.assertEqual(self.socketmap("sender", "office@elsewhere.example"), "NOTFOUND ,")
        self.assertEqual(self.socketmap("transport", "elsewhere.example"), "NOTFOUND ,")
        self.posthouse("transport", "add", "elsewhere.example", "smtp:[relay.example]")
        self.assertEqual(self.socketmap("transport", "elsewhere.example"), "OK smtp:[relay.example],")
        self.posthouse("transport", "remove", "elsewhere.example")
        self.assertEqual(self.socketmap("transport", "elsewhere.example"), "NOTFOUND ,")


class Imports(OnMariadb):
    """Databases of other programs, as these make their tables; whoever reads them may only read."""

    def import_from(self, program, *tables):
        self.server.execute(f"CREATE DATABASE {program} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci; USE {program};"
                            + ";".join(tables) + f"; GRANT SELECT ON {program}.* TO posthouse@localhost")
        command = ["--json", "import", program, "--host", self.server.socket, "--database", program, "--user", "posthouse",
                   "--password-file", self.server.password_file]
        report = json.loads(self.posthouse(*command).stdout)
        again = json.loads(self.posthouse(*command, "--update").stdout)
        for kind, counts in again["rows"].items():
            self.assertEqual((counts["added"], counts["changed"], counts["kept"]), (0, 0, 0), kind)
        return report

    def test_postfixadmin(self):
        report = self.import_from(
            "postfixadmin",
            "CREATE TABLE domain (domain VARCHAR(255) NOT NULL, description VARCHAR(255) NOT NULL DEFAULT '', aliases INT(10)"
            " NOT NULL DEFAULT 0, mailboxes INT(10) NOT NULL DEFAULT 0, maxquota BIGINT(20) NOT NULL DEFAULT 0, quota BIGINT(20)"
            " NOT NULL DEFAULT 0, transport VARCHAR(255) NOT NULL DEFAULT 'virtual', backupmx TINYINT(1) NOT NULL DEFAULT 0,"
            " active TINYINT(1) NOT NULL DEFAULT 1, PRIMARY KEY (domain))",
            "CREATE TABLE mailbox (username VARCHAR(255) NOT NULL, password VARCHAR(255) NOT NULL, name VARCHAR(255) NOT NULL"
            " DEFAULT '', maildir VARCHAR(255) NOT NULL DEFAULT '', quota BIGINT(20) NOT NULL DEFAULT 0, local_part VARCHAR(255)"
            " NOT NULL DEFAULT '', domain VARCHAR(255) NOT NULL DEFAULT '', active TINYINT(1) NOT NULL DEFAULT 1, PRIMARY KEY"
            " (username))",
            "CREATE TABLE alias (address VARCHAR(255) NOT NULL, goto TEXT NOT NULL, domain VARCHAR(255) NOT NULL DEFAULT '',"
            " active TINYINT(1) NOT NULL DEFAULT 1, PRIMARY KEY (address))",
            "CREATE TABLE alias_domain (alias_domain VARCHAR(255) NOT NULL, target_domain VARCHAR(255) NOT NULL, active"
            " TINYINT(1) NOT NULL DEFAULT 1, PRIMARY KEY (alias_domain))",
            "INSERT INTO domain (domain) VALUES ('ALL'), ('pa.example'), ('other.example')",
            "INSERT INTO alias_domain VALUES ('other.example', 'pa.example', 1)",
            "INSERT INTO mailbox (username, password, quota) VALUES ('joe@pa.example', '{PLAIN}secret', 1048576)",
            "INSERT INTO alias (address, goto) VALUES ('joe@pa.example', 'joe@pa.example'), ('info@pa.example', 'joe@pa.example')")
        self.assertEqual((report["problems"], report["remarks"]), ([], []))
        self.assertEqual(self.log_in(User("joe@pa.example", "secret"))[:2], "OK")
        for address in ("joe@pa.example", "info@pa.example", "info@other.example"):
            self.assertEqual(self.rcpt(address), 250, address)

    def test_mailcow(self):
        report = self.import_from(
            "mailcow",
            "CREATE TABLE domain (domain VARCHAR(255) NOT NULL, description VARCHAR(255), aliases INT(10) NOT NULL DEFAULT 0,"
            " mailboxes INT(10) NOT NULL DEFAULT 0, quota BIGINT(20) NOT NULL DEFAULT 102400, backupmx TINYINT(1) NOT NULL DEFAULT 0,"
            " active TINYINT(1) NOT NULL DEFAULT 1, PRIMARY KEY (domain))",
            "CREATE TABLE mailbox (username VARCHAR(255) NOT NULL, password VARCHAR(255) NOT NULL, name VARCHAR(255), quota"
            " BIGINT(20) NOT NULL DEFAULT 102400, local_part VARCHAR(255) NOT NULL, domain VARCHAR(255) NOT NULL, attributes JSON,"
            " kind VARCHAR(100) NOT NULL DEFAULT '', active TINYINT(1) NOT NULL DEFAULT 1, PRIMARY KEY (username))",
            "CREATE TABLE alias (id INT NOT NULL AUTO_INCREMENT, address VARCHAR(255) NOT NULL, goto TEXT NOT NULL, domain"
            " VARCHAR(255) NOT NULL, sender_allowed TINYINT(1) NOT NULL DEFAULT 1, active TINYINT(1) NOT NULL DEFAULT 1, PRIMARY KEY"
            " (id), UNIQUE KEY address (address))",
            "CREATE TABLE alias_domain (alias_domain VARCHAR(255) NOT NULL, target_domain VARCHAR(255) NOT NULL, active TINYINT(1)"
            " NOT NULL DEFAULT 1, PRIMARY KEY (alias_domain))",
            "CREATE TABLE sender_acl (id INT NOT NULL AUTO_INCREMENT, logged_in_as VARCHAR(255) NOT NULL, send_as VARCHAR(255) NOT"
            " NULL, external TINYINT(1) NOT NULL DEFAULT 0, PRIMARY KEY (id))",
            "INSERT INTO domain (domain) VALUES ('cow.example')",
            "INSERT INTO mailbox (username, password, local_part, domain, quota) VALUES ('ann@cow.example',"
            " '{BLF-CRYPT}$2y$05$abcdefghijklmnopqrstuuR/mSWZRxPKWyYRVNzXJFOMeMaoymnIC', 'ann', 'cow.example', 3221225472)",
            "INSERT INTO mailbox (username, password, local_part, domain, kind) VALUES ('room@cow.example', 'x', 'room',"
            " 'cow.example', 'location')",
            "INSERT INTO alias (address, goto, domain) VALUES ('ann@cow.example', 'ann@cow.example', 'cow.example'),"
            " ('@cow.example', 'ann@cow.example', 'cow.example'), ('junk@cow.example', 'null@localhost', 'cow.example')",
            "INSERT INTO sender_acl (logged_in_as, send_as) VALUES ('ann@cow.example', 'boss@cow.example')")
        self.assertEqual(report["problems"], [])
        self.assertEqual(report["remarks"], ["Alias junk@cow.example: null@localhost means nothing here, and is left out"])
        self.assertEqual(report["rows"]["grants"]["added"], 1)
        self.assertEqual(self.rcpt("anything@cow.example"), 250)
        user = json.loads(self.posthouse("--json", "user", "list", "--domain", "cow.example").stdout)
        self.assertEqual([(each["email"], each["quota_mb"]) for each in user], [("ann@cow.example", 3072)])


class SqlChanges(OnMariadb):
    extra = {"directory.cache_time": "1s", "directory.cache_negative_time": "1s"}

    def test_what_sql_changes_is_seen_when_the_cache_has_aged(self):
        joe = self.add_user("joe")
        self.assertRegex(self.log_in(joe), "^OK")
        self.server.execute("UPDATE posthouse.virtual_users SET enabled = 0 WHERE email = 'joe@posthouse.example'")
        eventually(lambda: not self.log_in(joe).startswith("OK"), "the disabled user is kept out")
        self.server.execute("UPDATE posthouse.virtual_users SET enabled = 1 WHERE email = 'joe@posthouse.example'")
        eventually(lambda: self.log_in(joe).startswith("OK"), "the user may log in again")


class Outages(OnMariadb):
    """The database is asked each time; what it said before serves in an outage."""

    extra = {"directory.cache_time": "0", "directory.cache_negative_time": "0", "directory.connect_timeout": "1s",
             "directory.query_timeout": "2s"}

    def setUp(self):
        self.over = threading.Event()
        self.wrong, self.accepted, self.put_off = [], [], 0

    def until_over(self, work):
        def loop():
            number = 0
            while not self.over.is_set():
                number += 1
                with contextlib.suppress(OSError):
                    work(number)
        thread = threading.Thread(target=loop)
        thread.start()
        return thread

    def deliver(self, listener, user, number):
        with Smtp(self.instance.address(listener)) as session:
            session.command("LHLO client.example.org" if listener == "lmtp" else "EHLO client.example.org")
            subject = f"by {listener} to {user.address} {number}"
            code, text = session.transaction("a@example.org", [user.address], f"Subject: {subject}\r\n\r\nx\r\n".encode())
        if code == 250:
            self.accepted.append((user, subject))
        elif code == 451:
            self.put_off += 1
        else:
            self.wrong.append((listener, code, text))

    def ask_for_nobody(self, number):
        code = self.rcpt(f"nobody{number % 3}@posthouse.example")
        if code not in (550, 451):
            self.wrong.append(("nobody", code))

    def log_in_again(self, user):
        reply = self.log_in(user)
        if not re.match(r"OK|NO \[UNAVAILABLE\]", reply):
            self.wrong.append((user.address, reply))

    def submit_again(self, user):
        code = self.submit(user)
        if code not in (235, 454):
            self.wrong.append((user.address, code))

    def subjects(self, user):
        """How often each message lies in the user's INBOX."""
        files = [path for part in ("new", "cur") for path in (self.instance.maildir(user) / part).iterdir()]
        return collections.Counter(re.search(rb"(?m)^Subject: (.*?)\r?$", path.read_bytes())[1].decode() for path in files)

    def back(self, what):
        """A user whom nobody asked for before gets mail and logs in again."""
        fresh = self.fresh.pop()
        begun = time.monotonic()
        for name, asks in (("RCPT", lambda: self.rcpt(fresh.address) == 250), ("IMAP", lambda: self.log_in(fresh).startswith("OK")),
                           ("AUTH", lambda: self.submit(fresh) == 235)):
            eventually(asks, f"{name} is back after {what}")
        took = time.monotonic() - begun
        self.longest = max(self.longest, (took, what))
        print(f"{what}: back after {took:.1f} s")

    def test_load_goes_on_while_the_server_is_stopped_killed_frozen_restarted_and_read_only(self):
        bob, carol, dave = self.instance.user("bob"), self.add_user("carol"), self.add_user("dave")
        self.fresh = [self.add_user(f"fresh{i}") for i in range(7)]
        self.longest = (0, "")
        threads = [self.until_over(lambda n: self.deliver("smtp", self.alice, n)), self.until_over(lambda n: self.deliver("smtp", carol, n)),
                   self.until_over(lambda n: self.deliver("lmtp", dave, n)), self.until_over(self.ask_for_nobody),
                   self.until_over(lambda n: self.log_in_again(self.alice)), self.until_over(lambda n: self.log_in_again(bob)),
                   self.until_over(lambda n: self.submit_again(bob))]
        try:
            eventually(lambda: len(self.accepted) > 5, "the load runs")
            self.server.stop()
            self.assertEqual(self.rcpt(self.fresh[-1].address), 451)
            self.assertEqual(self.submit(self.fresh[-1]), 454)
            self.assertRegex(self.log_in(self.fresh[-1]), r"^NO \[UNAVAILABLE\]")
            self.server.start()
            self.back("stopped")
            self.server.kill()
            self.assertEqual(self.rcpt(self.fresh[-1].address), 451)
            self.server.start()
            self.back("killed")
            self.server.kill()
            self.server.start()
            self.back("killed and restarted at once")
            self.server.freeze()
            self.assertEqual(self.rcpt(self.fresh[-1].address), 451)
            before = len(self.accepted)
            eventually(lambda: len(self.accepted) > before + 2, "who is known gets mail while the server is frozen")
            self.server.go_on()
            self.back("frozen")
            self.server.execute("SET GLOBAL read_only = 1")
            self.back("read-only")
            done = self.instance.posthouse("user", "disable", carol.address)
            self.assertEqual((done.returncode, "read-only" in done.stderr), (5, True), done.stderr)
            self.server.execute("SET GLOBAL read_only = 0; REVOKE ALL ON posthouse.* FROM posthouse@localhost;"
                                "GRANT SELECT ON posthouse.* TO posthouse@localhost")
            self.back("with a user who may only read")
            self.assertNotEqual(self.instance.posthouse("user", "disable", carol.address).returncode, 0)
            self.server.execute("GRANT ALL ON posthouse.* TO posthouse@localhost")
            self.posthouse("user", "enable", carol.address)
            self.server.kill()
            self.instance.kill("authd")
            eventually(lambda: self.instance.is_ready() or self.instance.pids("authd"), "authd starts without the server")
            self.server.start()
            self.back("authd and server restarted")
        finally:
            self.over.set()
            for thread in threads:
                thread.join()
        self.assertEqual(self.wrong, [])
        for user in (self.alice, carol, dave):
            stored = self.subjects(user)
            self.assertEqual([subject for whom, subject in self.accepted if whom is user and stored[subject] != 1], [])
            self.assertEqual([subject for subject, count in stored.items() if count != 1], [])
        print(f"accepted {len(self.accepted)}, put off {self.put_off}, longest: {self.longest[0]:.1f} s after {self.longest[1]}")


if __name__ == "__main__":
    main()
