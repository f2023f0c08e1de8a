"""Fields that a client chooses, in every daemon, with what breaks out of SQL, of a protocol or of a log line, and with names
that look like others: nobody gets in, no row changes, no reply and no line of the log is forged, and who has the password
logs in as before. On SQLite and on MariaDB, with Posthouse's tables and with look-ups of an administrator's own."""

import base64
import contextlib
import json
import pathlib
import re
import shutil
import socket
import sqlite3
import tempfile
import unicodedata

from clients_token_test import Introspection, oauthbearer, xoauth2
from hostile import HostileTest, ends, send_what_is_taken
from mail_wire import Wire
from mariadb_test import OnMariadb
from posthouse_test import PATIENCE, main

FRAGMENTS = [
    "'", '"', "`", "\\", "\\'", "' OR '1'='1", "' OR 1=1 -- ", "' OR 1=1#", "'; DROP TABLE virtual_users; --", "') OR ('1'='1",
    "' UNION SELECT email, password, 0, 1 FROM virtual_users -- ", "%", "_", "%%", "%u", "%n", "%d", "%s", "%1$s%n", "?", ":1",
    "$1", "@@version", "/*", "*/", ";", "{", "}", "${x}", "$(id)", "|id", "../", "*", "*alice@posthouse.example", "\0", "\t", "\n",
    "\r\n", "\r\n.\r\nQUIT\r\n", "\r\na OK", "\x01", "\x01t", "\x01n", "\x1b[2J", "\x7f", "\u0085", "\u2028", "\u202e",
    "\u0301", " ", "\u00a0", "\u3000", "<", ">", "(", ")", ",", ":", "[", "]", "=", "==", "\t" * 70,
    '" user=alice@posthouse.example service="imap',
    "\n2026-01-01T00:00:00.000Z authd[1]: info: logged in user=alice@posthouse.example service=imap remote=192.0.2.1",
]
LOOKALIKES = [
    "\u0430lice@posthouse.example", "alice\uff20posthouse.example", "alic\u00e9@posthouse.example", "alice\u0301@posthouse.example",
    "\uff41lice@posthouse.example", "al\u0131ce@posthouse.example", "al\u0130ce@posthouse.example", "\u00e2lice@posthouse.example",
    "\u24b6lice@posthouse.example", "alice@p\u03bfsthouse.example", "alice@posthouse.ex\u0430mple", "alice@xn--posthouse-.example",
    "alice@posthouse\u3002example@x", "alice@posthouse.example\u3002x", "alice@@posthouse.example", "@posthouse.example", "alice@",
    "alice", "", "@", "alice@[127.0.0.1]", '"alice"@posthouse.example\0', "alice @posthouse.example", "alice(x)@posthouse.example",
    "ali\u00adce@posthouse.example", "alice\u200b@posthouse.example", "\ufeffalice@posthouse.example",
    "alice@posthouse.example.x", "xalice@posthouse.example", "alice@posthouse_example", "alice@posthouse.example,bob@posthouse.example",
]
BYTES = [b"\xff", b"\xc0\xa7", b"\xc0\x80", b"\xe0\x80\xa7", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80", b"\xf0\x80\x80\xa7"]
LENGTHS = [65, 255, 321, 1_000, 10_000, 100_000]

BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

DOMAIN = b"@posthouse.example"
ODD = ([name.encode() for name in LOOKALIKES] +
       [name for bad in BYTES for name in (b"alice" + bad + DOMAIN, bad + b"alice" + DOMAIN, b"alice" + DOMAIN + bad)] +
       [b"a" * length + DOMAIN for length in LENGTHS] + [b"alice@" + b"a." * (length // 2) for length in LENGTHS])
NAMES = [name.encode() for fragment in FRAGMENTS for name in
         (f"alice{fragment}@posthouse.example", f"{fragment}alice@posthouse.example", f"alice@posthouse.example{fragment}", fragment)] + ODD


def shapes(good):
    """What is not the base64 of `good`, but something like it."""
    text = base64.b64encode(good)
    return [b"", b"=", b"==", b"===", b"====", b"A", b"AA", b"AAA", b"AAAA=", b"=" + text, text[:-1], text + b"=", text + b"A",
            text[:7] + b"=" + text[7:], text[:8] + b"====" + text[8:], text[:4] + b" " + text[4:], text[:4] + b"\t" + text[4:],
            text + b"\0", text[:4] + b"\0" + text[4:], text[:4] + b"*" + text[5:], text[:4] + b"-_" + text[6:], b"*",
            text.swapcase(), text[::-1], text + text, b'"' + text + b'"', b"\xff" + text, base64.b64encode(text),
            b"A" * 4_000, b"A" * 12_288, b"A" * 12_289, b"A" * 1_000_000, b"=" * 1_000_000, b"AA==" * 250_000]


def xtext(name):
    return b"".join(b"+%02X" % octet if octet in b"+=" or not 32 < octet < 127 else bytes([octet]) for octet in name)


def tab_escaped(name):
    for octet, escape in ((b"\1", b"\1" b"1"), (b"\0", b"\1" b"0"), (b"\t", b"\1t"), (b"\r", b"\1r"), (b"\n", b"\1n")):
        name = name.replace(octet, escape)
    return name


def literal(name):
    return b"{%d+}\r\n%s" % (len(name), name)


def netstring(payload):
    return b"%d:%s," % (len(payload), payload)


def plain(name, password):
    return base64.b64encode(b"\0" + name + b"\0" + password)


LINE = re.compile(r"""\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [a-z0-9]+\[(\d+)\]: (?:debug|info|warning|error): """
                  r"""(?:(?:[^ "\\]+|"(?:[^"\\]|\\.)*"): )?([^="]*?)((?: [a-z_]+=(?:"(?:[^"\\]|\\.)*"|[^ "=]*))*)""")


def parse_line(line):
    """(pid, message, fields as text or dictionary) of a line of the log in either format."""
    if line.startswith("{"):
        fields = json.loads(line)
        return fields["pid"], fields["message"], str(fields)
    found = LINE.fullmatch(line)
    assert found, repr(line[:1000])
    return int(found[1]), found[2], found[3]


class Conversations:
    """What is said to a daemon and what it answers are bytes; each conversation has a connection of its own."""


    own = {"auth.failure_delay": "0", "guard.failure_delay": "0", "guard.network_ban_failures": "0",
           "guard.account_ban_failures": "0", "tls.allow_plain_login": "true", "auth.argon2_memory": "8K", "auth.argon2_passes": "1",
           "listen.origin_trusted_networks": "127.0.0.0/8", "auth.mechanisms": "PLAIN,LOGIN,SCRAM-SHA-256"}

    def setUp(self):
        super().setUp()
        self.alice, self.bob = self.instance.user("alice"), self.instance.user("bob")
        self.password = self.alice.password.encode()
        self.rows = self.dump()
        self.log_begin = len(self.instance.log())

    def check_that_all_is_well(self):
        super().check_that_all_is_well()
        self.assertEqual(self.dump(), self.rows)
        self.check_log()

    def check_log(self):
        """Every line is one of a daemon that runs, whole and printable; Alice has not logged in."""
        pids = {self.instance.supervisor(), *self.instance.pids()}
        text = (self.instance.folder / "log" / "posthouse.log").read_bytes().decode()[self.log_begin:]
        for line in text.removesuffix("\n").split("\n"):
            pid, message, fields = parse_line(line)
            self.assertIn(pid, pids, line[:1000])
            steering = [c for c in line if unicodedata.category(c) in ("Cc", "Zl", "Zp") or c in BIDI]
            self.assertEqual(steering, [], repr(line[:1000]))
            self.assertFalse(message == "logged in" and self.alice.address in fields, line[:1000])

    def say(self, listener, *lines, greets=True, end=b"\r\n"):
        """All that is answered to the lines. They end in good-byes where the daemon greets: the first may be a response."""
        address = self.instance.address(listener) if listener in self.instance.description["listeners"] else self.socket(listener)
        with Wire(address, tls=listener == "submissions", certificate=self.instance.certificate) as wire:
            if greets:
                wire.line()
            send_what_is_taken(wire.socket, b"".join(line + end for line in lines), patience=PATIENCE)
            if not greets:
                with contextlib.suppress(OSError):
                    wire.socket.shutdown(socket.SHUT_WR)
            wire.socket.settimeout(PATIENCE)
            return ends(wire.socket)

    def socket(self, name):
        return str(self.instance.folder / "run" / f"{name}.sock")

    def converse(self, protocol, *commands):
        if protocol == "imap":
            return self.say("imap", *(b"a " + command for command in commands), *[b"z LOGOUT"] * 2)
        if protocol == "smtp":
            return self.say("submissions", b"EHLO x", *commands, *[b"QUIT"] * 2)
        if protocol == "pop3":
            return self.say("pop3", *commands, *[b"QUIT"] * 2)
        return self.say("auth", b"VERSION\t1\t2", b"CPID\t1", *commands, greets=False)

    def refused(self, said, granted, what):
        self.assertNotRegex(said, granted, what[:200])

    IN = {"imap": rb"(?m)^a OK (?!ID)", "smtp": rb"(?m)^235", "pop3": rb"(?m)^\+OK (?!\d+ octets).*(logged in|messages|mailbox)", "auth": rb"(?m)^OK\t"}

    def log_ins(self, name, password):
        """(protocol, conversation) of every way to log in by this name and password."""
        yield "imap", (b"LOGIN " + literal(name) + b" " + literal(password),)
        yield "imap", (b"AUTHENTICATE PLAIN " + plain(name, password),)
        yield "imap", (b'ID ("x-originating-ip" ' + literal(name) + b" " + literal(name) + b' "x")',
                       b"AUTHENTICATE LOGIN\r\n" + base64.b64encode(name) + b"\r\n" + base64.b64encode(password))
        yield "smtp", (b"AUTH PLAIN " + plain(name, password),)
        yield "smtp", (b"AUTH LOGIN " + base64.b64encode(name), base64.b64encode(password))
        yield "pop3", (b"AUTH PLAIN " + plain(name, password),)
        yield "pop3", (b"APOP " + name + b" c4c9334bac560ecc979e58001b3e22fb",)
        yield "auth", (b"AUTH\t1\tPLAIN\tservice=" + tab_escaped(name) + b"\trip=" + tab_escaped(name) + b"\tsession=" +
                       tab_escaped(name) + b"\tnologin\tresp=" + plain(name, password),)
        yield "auth", (b"AUTH\t1\tSCRAM-SHA-256\tservice=imap\tresp=" + base64.b64encode(b"n,,n=" + name + b",r=abcdefgh"),
                       b"CONT\t1\t" + base64.b64encode(b"c=biws,r=abcdefgh,p=" + base64.b64encode(password)))
        if not set(b"\r\n") & set(name + password):
            yield "imap", (b'LOGIN "' + re.sub(rb'(["\\])', rb"\\\1", name) + b'" "' + password + b'"',)
            yield "pop3", (b"USER " + name, b"PASS " + password)


class Injection(Conversations):
    ways = slice(0, 8, 7)  # of log_ins(): for the database it is all the same which daemon asks

    def test_a_name_that_is_not_the_users_lets_nobody_in(self):
        for name in NAMES:
            for protocol, conversation in [*self.log_ins(name, self.password)][self.ways]:
                said = self.converse(protocol, *conversation)
                self.refused(said, self.IN[protocol], b" ".join(conversation))

    def test_a_password_that_is_not_the_users_lets_nobody_in(self):
        for fragment in FRAGMENTS:
            for password in (fragment.encode(), self.password + fragment.encode(), b"x' OR password LIKE '%" + fragment.encode()):
                for protocol, conversation in [*self.log_ins(self.alice.address.encode(), password)][self.ways]:
                    said = self.converse(protocol, *conversation)
                    self.refused(said, self.IN[protocol], b" ".join(conversation))

    def test_the_right_name_and_password_let_in(self):
        """So that the refusals above are for the name: the same conversations, by somebody else."""
        for protocol, conversation in self.log_ins(self.bob.address.encode(), self.bob.password.encode()):
            if b"APOP" not in conversation[0] and b"SCRAM" not in conversation[0]:
                said = self.converse(protocol, *conversation)
                self.assertRegex(said, self.IN[protocol], conversation)

    def test_an_address_that_nobody_has_is_nobodys(self):
        for name in NAMES:
            for asked in (b"mailbox", b"alias", b"resolve", b"domain"):
                self.refused(self.say("socketmap", netstring(asked + b" " + name), greets=False), rb"\d:OK (?!remote)", asked + name)
            if self.ways == slice(None) and not set(b"\r\n") & set(name):
                path = b"<" + name + b">"
                for listener, hello in (("smtp", b"EHLO x"), ("lmtp", b"LHLO x")):
                    self.refused(self.say(listener, hello, b"MAIL FROM:<>", b"RCPT TO:" + path, b"DATA", b"QUIT"), rb"(?m)^354", path)
            self.refused(self.say("userdb", b"VERSION\t1\t0", b"USER\t1\t" + tab_escaped(name) + b"\tservice=x", greets=False),
                         rb"(?m)^USER\t", name)


class InSqlite:
    settings = {**Conversations.own, "directory.engine": "sqlite"}

    def dump(self):
        with contextlib.closing(sqlite3.connect(self.instance.folder / "db" / "directory.sqlite")) as database:
            return [line for line in database.iterdump() if '"mailbox_usage"' not in line]


class InMariadb(OnMariadb):
    extra = {**Conversations.own, "log.format": "json"}

    def dump(self):
        tables = self.server.execute("SHOW TABLES IN posthouse").split()
        return {table: self.server.execute(f"SELECT * FROM posthouse.{table}") for table in tables if table != "mailbox_usage"}


class Sqlite(Injection, InSqlite, HostileTest):
    """With every way into every daemon."""

    ways = slice(None)

    def test_what_is_not_base64_lets_nobody_in(self):
        for shape in shapes(b"\0" + self.alice.address.encode() + b"\0" + self.password):
            for protocol, *conversation in (("imap", b"AUTHENTICATE PLAIN " + shape), ("imap", b"AUTHENTICATE PLAIN\r\n" + shape),
                                            ("imap", b"AUTHENTICATE LOGIN\r\n" + shape + b"\r\n" + shape),
                                            ("smtp", b"AUTH PLAIN " + shape), ("smtp", b"AUTH PLAIN", shape),
                                            ("smtp", b"AUTH LOGIN", shape, shape), ("pop3", b"AUTH PLAIN " + shape),
                                            ("pop3", b"AUTH PLAIN", shape), ("auth", b"AUTH\t1\tPLAIN\tservice=x\tresp=" + shape),
                                            ("auth", b"AUTH\t1\tPLAIN\tservice=x", b"CONT\t1\t" + shape)):
                said = self.converse(protocol, *conversation)
                self.refused(said, self.IN[protocol], b" ".join(conversation))

    def test_policy_requests_about_any_name_get_one_answer(self):
        for name in [fragment.encode() for fragment in FRAGMENTS] + ODD:
            for listener in ("quota", "guard", "usage"):
                said = self.say(listener, b"request=smtpd_access_policy", b"protocol_state=RCPT", b"recipient=" + name,
                                b"sasl_username=" + name, b"client_address=" + name, b"size=1", b"", greets=False, end=b"\n")
                self.assertRegex(said, rb"\A(action=[^\r\n]*\n\n)*\Z", name[:200])

    def test_names_of_hosts_and_senders_forge_no_reply_and_no_line(self):
        for name in [fragment.encode() for fragment in FRAGMENTS] + ODD:
            words = [b"EHLO " + name, b"HELO " + name, b"MAIL FROM:<" + name + b">", b"MAIL FROM:<a@b.example> " + name,
                     b"XCLIENT ADDR=" + name, b"XCLIENT ADDR=" + xtext(name), b"XCLIENT LOGIN=" + xtext(name),
                     b"XCLIENT NAME=" + xtext(name) + b" ADDR=192.0.2.1", b"VRFY " + name, name]
            lhlo = [b"LHLO " + name, b"XFORWARD NAME=" + xtext(name) + b" ADDR=" + xtext(name), b"XFORWARD HELO=" + xtext(name),
                    b"XFORWARD IDENT=" + xtext(name)]
            for listener, commands in (("smtp", words), ("lmtp", lhlo)):
                for command in commands:
                    if not set(b"\r\n") & set(command):
                        said = self.say(listener, command, b"NOOP", b"QUIT")
                        finals = re.findall(rb"(?m)^(\d{3}) ", said)
                        self.assertRegex(said, rb"\A(\d{3}[- ][^\r\n]*\r\n)*\Z", command[:200])
                        self.assertIn(len(finals), (1, 3), (command[:200], said))  # it is ended for some
            if not set(b"\r\n") & set(name):
                said = self.say("pop3", b"XCLIENT ADDR=" + name, b"XCLIENT ADDR=" + xtext(name) + b" SESSION=" + xtext(name), name, b"QUIT")
                self.assertRegex(said, rb"\A((\+OK|-ERR)[^\r\n]*\r\n)*\Z", name[:200])


class Tokens(Conversations, InSqlite, HostileTest):
    """What stands in tokens, and beside them; whoever issues them lets its users choose their names."""

    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-tokens-"))
        cls.addClassCleanup(shutil.rmtree, folder)
        cls.server = Introspection()
        cls.addClassCleanup(cls.server.server_close)
        cls.addClassCleanup(cls.server.shutdown)
        (folder / "secret").write_text(cls.server.password + "\n")
        cls.settings = {**InSqlite.settings, "auth.mechanisms": "OAUTHBEARER,XOAUTH2,PLAIN,LOGIN", "oauth2.introspection_url": cls.server.url,
                        "oauth2.client_id": "posthouse", "oauth2.client_secret_file": folder / "secret", "oauth2.scope": ""}
        super().setUpClass()

    def bearer(self, message, mechanism=b"OAUTHBEARER"):
        return self.converse("imap", b"AUTHENTICATE " + mechanism + b" " + base64.b64encode(message), b"")

    def test_a_token_lets_nobody_be_somebody_else(self):
        token = self.server.issue(self.bob.address)
        self.assertRegex(self.bearer(oauthbearer(token)), self.IN["imap"])
        for name in NAMES:
            for message, mechanism in ((b"user=" + name + b"\1auth=Bearer " + token.encode() + b"\1\1", b"XOAUTH2"),
                                       (b"n,a=" + name.replace(b"=", b"=3D").replace(b",", b"=2C") + b",\1auth=Bearer " + token.encode() +
                                        b"\1\1", b"OAUTHBEARER")):
                if name:  # no name is the token's own
                    self.refused(self.bearer(message, mechanism), self.IN["imap"], message)

    def test_a_token_is_asked_about_as_it_is_and_names_who_it_names(self):
        good = self.server.issue(self.alice.address)
        for text in [name.decode(errors="replace") for name in NAMES] + [f"x&token={good}", f"{good}&token=x", f"{good}\r\ntoken: {good}",
                                                                       f"{good}\0", f"{good}%", f"x\1auth=Bearer {good}"]:
            asked = len(self.server.asked)
            self.refused(self.bearer(b"n,,\1auth=Bearer " + text.encode() + b"\1\1"), self.IN["imap"], text.encode())
            self.assertIn(self.server.asked[asked:], ([], [text]))
            self.refused(self.bearer(oauthbearer(self.server.issue(text))), self.IN["imap"], text.encode())


class Mariadb(Injection, HostileTest, InMariadb):
    pass


class Foreign:
    """The look-ups are an administrator's own, with their parameters in quotes, in a table that finds other spellings too."""

    queries = {"directory.tables": "foreign", "directory.domain_query": "SELECT name FROM virtual_domains WHERE name = '%s'",
               "directory.user_query": "SELECT email AS user, password, active FROM people WHERE email = '%u' OR email = '%n@%d'",
               "directory.alias_query": "SELECT destination FROM virtual_aliases WHERE source = '%s'",
               "directory.domain_alias_query": "SELECT name FROM domain_aliases WHERE name = '%d'",
               "directory.users_query": "SELECT email AS user, password, active FROM people"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_people()
        cls.instance.stop()
        cls.instance.settings.update(cls.queries)
        cls.instance.start()


class ForeignSqlite(Foreign, Injection, InSqlite, HostileTest):
    @classmethod
    def make_people(cls):
        with contextlib.closing(sqlite3.connect(cls.instance.folder / "db" / "directory.sqlite")) as database:
            database.execute("CREATE TABLE people (email TEXT COLLATE NOCASE, password TEXT, active INTEGER)")
            database.execute("INSERT INTO people SELECT email, password, enabled FROM virtual_users")
            database.commit()


class ForeignMariadb(Foreign, Injection, HostileTest, InMariadb):
    @classmethod
    def make_people(cls):
        cls.server.execute("CREATE TABLE posthouse.people (email VARCHAR(255), password VARCHAR(1024), active INT)"
                           " CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;"
                           "INSERT INTO posthouse.people SELECT email, password, enabled FROM posthouse.virtual_users")


if __name__ == "__main__":
    main()
