"""Debian's Postfix and Exim exchange mail with Posthouse, in both directions: over TLS, with what is hard to carry, and each message
arrives once, octet for octet; who asked for a report of success gets it. POSTHOUSE_MESSAGES says how many go each way. And what
looks like the end of a message to a careless server makes none of them see two."""

import base64
import email
import email.policy
import re
import smtplib
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from both_servers import eventually
from hostile_smtp_test import NOT_THE_END
from mail_programs import smtp_client
from mail_transfer import BesideMailServers, Exim, Postfix, certificate_of, why_not_here
from mail_wire import Smtp
from posthouse_test import PATIENCE, main, setting

COUNT = setting("MESSAGES", 100)
SENDERS = 4
LARGE = 50_000_000  # octets of the first one

POSTFIX = """
myhostname = mx.postfix.example
mynetworks = 127.0.0.0/8
virtual_mailbox_domains = postfix.example
virtual_mailbox_maps = static:inbox/
virtual_mailbox_base = FOLDER/mail
virtual_uid_maps = static:64321
virtual_gid_maps = static:64321
virtual_mailbox_limit = 0
smtpd_forbid_bare_newline = no
message_size_limit = 100000000
transport_maps = inline:{{{{posthouse.example = smtp:[127.0.0.1]:{port}}}}}
smtpd_tls_security_level = may
smtpd_tls_cert_file = /etc/postfix/certificate.pem
smtpd_tls_key_file = /etc/postfix/key.pem
smtpd_tls_received_header = yes
smtp_tls_security_level = encrypt
in_flow_delay = 0
minimal_backoff_time = 1s
queue_run_delay = 1s
"""

EXIM = """
tls_advertise_hosts = *
tls_certificate = /etc/exim4/certificate.pem
tls_privatekey = /etc/exim4/key.pem
dsn_advertise_hosts = *
message_size_limit = 100M
smtp_accept_queue_per_connection = 0
begin acl
rcpt:
  accept
begin routers
posthouse:
  driver = manualroute
  domains = posthouse.example
  route_list = * 127.0.0.1
  self = send
  transport = posthouse
all:
  driver = accept
  transport = files
begin transports
posthouse:
  driver = smtp
  port = {port}
  allow_localhost
  hosts_require_tls = *
  tls_verify_certificates = /etc/exim4/certificate.pem
  tls_verify_cert_hostnames =
files:
  driver = appendfile
  directory = FOLDER/mail/inbox
  maildir_format
  create_directory
  envelope_to_add
  user = Debian-exim
begin retry
* * F,1h,1s
"""

HEADER = """From: {sender}
To: {recipient}
Date: Sat, 28 Nov 2026 06:00:00 +0000
Message-ID: <{mark}@test.example>
Subject: {mark}
X-Long: a field
 that is folded,\tand again
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: {encoding}

"""


def lines(*some):
    return b"".join(line + b"\r\n" for line in some)


EIGHT_BIT = "Grüße, 世界 ".encode() + bytes(range(0x80, 0x100))
DOTS = lines(b".", b"..", b".x", b"", b".", *(b"." * size for size in range(1, 998, 97)), b".")
LONG = lines(*(bytes([first]) * 998 for first in b"x.- \t"), b"x" * 998)

# By kind.
BODIES = {
    "plain": lines(b"Hello."),
    "empty": b"",
    "dots": DOTS,
    "long": LONG,
    "8bit": lines(EIGHT_BIT, EIGHT_BIT[::-1], b".\xff"),
    "utf8": lines("Grüße, 世界".encode()),
    "spaces": lines(b"", b" ", b"\t", b"trailing \t ", b"From the beginning", b">From", b" .", b"", b""),
    "report": lines(b"Tell me."),
    "chunks": (DOTS + LONG + lines(EIGHT_BIT)) * 200,  # more than 1 MiB, which goes by BDAT
}
KINDS = list(BODIES)


class Side:
    """One of the servers: mail for its domain lies in `folders`, and connect() gives a session by which its users send."""

    def __init__(self, domain, folders, connect):
        self.domain, self.folders, self.connect = domain, folders, connect
        self.seen = set()

    def arrived(self):
        """What has come since the last take()."""
        return {path for folder in self.folders for path in folder.glob("*")} - self.seen

    def take(self, count):
        """The next so many messages, once they have come, as {path: content}; there are no more of them."""
        eventually(lambda: len(self.arrived()) >= count, f"{count} messages come to {self.domain}", PATIENCE + COUNT)
        paths = self.arrived()
        self.seen |= paths
        return {path: path.read_bytes() for path in paths}


class Letter:
    """A message from one side to the other. Its mark is its subject and its ENVID."""

    def __init__(self, origin, target, number):
        self.kind = KINDS[number % len(KINDS)] if number else "large"
        self.mark = f"{origin.domain}.{target.domain}.{number}.{self.kind}"
        utf8 = self.kind == "utf8"
        self.sender, self.recipient = (f"{name}@{side.domain}" for name, side in (("jürgen" if utf8 else "alice", origin),
                                                                                  ("jürgen" if utf8 else "bob", target)))
        body = BODIES.get(self.kind) or b""
        if self.kind == "large":
            body = BODIES["chunks"] * (LARGE // len(BODIES["chunks"]) + 1)
        self.ascii = self.kind in ("plain", "empty", "dots", "report")
        header = HEADER.format(sender=self.sender, recipient=self.recipient, mark=self.mark, encoding="7bit" if self.ascii else "8bit")
        self.content = header.replace("\n", "\r\n").encode() + body

    def send(self, client):
        options = [] if self.ascii else ["BODY=8BITMIME"]
        recipient_options = []
        if self.kind == "utf8":
            options.append("SMTPUTF8")
        if self.kind == "report":
            options += ["RET=HDRS", f"ENVID={self.mark}"]
            recipient_options = ["NOTIFY=SUCCESS,FAILURE", f"ORCPT=rfc822;ordered+2B1@{self.recipient.split('@')[1]}"]
        client.sendmail(self.sender, [self.recipient], self.content, options, recipient_options)


def header_of(content):
    return email.message_from_string(content.partition(b"\n\n")[0].decode(errors="replace") + "\n\n")


@unittest.skipIf(why_not_here(), why_not_here())
class MailExchange(BesideMailServers):
    settings = {"smtpd.message_size_limit": "100M", "smtpd.error_limit": "10000", "smtpd.user_recipient_rate_limit": "0",
                "queued.minimal_backoff_time": "1s", "queued.queue_run_delay": "1s"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.alice = cls.instance.user("alice")
        port = cls.instance.port("smtp")
        cls.postfix = Postfix(POSTFIX.format(port=port), certificate_of(cls.instance))
        cls.exim = Exim(EXIM.format(port=port), certificate_of(cls.instance))
        cls.servers = cls.postfix, cls.exim
        for server in cls.servers:
            cls.enterClassContext(server)
        cls.prepare(cls.instance)

        def peer(server, domain):
            return Side(domain, [server.folder / "mail" / "inbox" / "new"],
                        lambda: smtplib.SMTP("127.0.0.1", server.port, "client.example.org", timeout=PATIENCE))
        cls.sides = {"Postfix": peer(cls.postfix, "postfix.example"), "Exim": peer(cls.exim, "exim.example"),
                     "Posthouse": Side("posthouse.example", [cls.instance.maildir(cls.instance.user(name)) / "new" for name in ("alice", "bob")],
                                       lambda: smtp_client(cls.instance, "submission", cls.alice))}
        cls.sides["Posthouse"].seen = cls.sides["Posthouse"].arrived()

    @classmethod
    def prepare(cls, instance):
        """Tells an instance where the others are, and of jürgen."""
        for arguments in (("transport", "add", "postfix.example", f"smtp:[127.0.0.1]:{cls.postfix.port}"),
                          ("transport", "add", "exim.example", f"smtp:[127.0.0.1]:{cls.exim.port}"),
                          ("alias", "add", "jürgen@posthouse.example", cls.alice.address)):
            done = instance.posthouse(*arguments)
            assert done.returncode == 0, done.stderr

    # -- mail that must arrive

    def exchange(self, origin, target):
        """Sends COUNT messages from one to the other and judges what has come there, and the reports that have come back."""
        begun = time.monotonic()
        sender, recipient = self.sides[origin], self.sides[target]

        def send(first):
            sent = {}
            with sender.connect() as client:
                for number in range(first, COUNT, SENDERS):
                    letter = Letter(sender, recipient, number)
                    letter.send(client)
                    sent[letter.mark] = letter
            return sent
        letters = {}
        with ThreadPoolExecutor(SENDERS) as threads:
            for sent in threads.map(send, range(SENDERS)):
                letters |= sent
        arrived = set()
        for content in recipient.take(COUNT).values():
            header = header_of(content)
            mark = header["Subject"]
            self.assertIn(mark, letters, "nobody has sent that")
            self.assertNotIn(mark, arrived, "twice")
            arrived.add(mark)
            wanted = letters[mark].content.replace(b"\r\n", b"\n")
            self.assertTrue(content.endswith(b"\n" + wanted), f"{mark} has changed: {content[:3000]!r}")
            hops = " ".join(header.get_all("Received"))  # the first one is ESMTPSA, or has no TLS
            self.assertRegex(hops, r"using TLSv1\.[23]|with (ESMTPS|UTF8SMTPS|esmtps|utf8esmtps)\b", f"{mark} came without TLS")
        self.assertEqual(arrived, set(letters))
        self.check_reports(sender, {mark for mark, letter in letters.items() if letter.kind == "report"})
        seconds = time.monotonic() - begun
        print(f"\n{origin} to {target}: {COUNT} messages, {sum(len(one.content) for one in letters.values()) / 1e6:.0f} MB in {seconds:.1f} s")

    def check_reports(self, side, marks):
        told = set()
        for content in side.take(len(marks)).values():
            report = email.message_from_bytes(content, policy=email.policy.default)
            self.assertEqual(report.get_content_type(), "multipart/report", content)
            message, recipient = list(report.iter_parts())[1].get_payload()
            self.assertEqual(recipient["Action"], "delivered", content)
            self.assertEqual(re.sub(r"^rfc822; *", "", recipient["Original-Recipient"]).replace("+2B", "+").partition("@")[0], "ordered+1")
            self.assertNotIn(message["Original-Envelope-Id"], told)
            told.add(message["Original-Envelope-Id"])
        self.assertEqual(told, marks)

    def test_posthouse_to_postfix(self):
        self.exchange("Posthouse", "Postfix")
        eventually(lambda: re.search(r"disconnect from .* bdat=\d", self.postfix.log()), "some of it went by BDAT")

    def test_postfix_to_posthouse(self):
        self.exchange("Postfix", "Posthouse")

    def test_posthouse_to_exim(self):
        self.exchange("Posthouse", "Exim")
        self.assertRegex(self.exim.log(), r" <= alice@posthouse\.example .* K ", "some of it went by BDAT")

    def test_exim_to_posthouse(self):
        self.exchange("Exim", "Posthouse")
        self.assertRegex(self.exim.log(), r" [=-]> (bob|\S*alice)\S* .* K ", "it went by BDAT")

    def test_addresses_of_every_form_go_on(self):
        local_parts = ["plain", "x" * 64, "!#$%&'*+-=?^_`{}~", '"quoted local"', '"a\\"b"', '".."', "jürgen", "世界"]
        for name in ("Postfix", "Exim"):
            side = self.sides[name]
            recipients = [f"{local}@{side.domain}" for local in local_parts]
            with smtp_client(self.instance, "submission", self.alice) as client:
                content = f"Subject: forms\r\nMessage-ID: <forms.{name}@test.example>\r\n\r\nx\r\n".encode()
                for recipient in recipients:
                    client.ehlo_or_helo_if_needed()
                    client.command_encoding = "utf-8"
                    self.assertEqual(client.docmd(f"MAIL FROM:<{self.alice.address}> SMTPUTF8")[0], 250)
                    self.assertEqual(client.docmd(f"RCPT TO:<{recipient}>")[0], 250, recipient)
                    self.assertEqual(client.data(content)[0], 250)
            came = [header_of(content) for content in side.take(len(recipients)).values()]
            self.assertEqual(sorted(header["Envelope-to"] or header["X-Original-To"] for header in came), sorted(recipients))

    # -- ends of data

    def test_the_next_server_would_see_two_messages(self):
        """Without what keeps them from it: the Postfix here takes LF.CRLF for the end, as most servers did."""
        side = self.sides["Postfix"]
        with Smtp(("127.0.0.1", self.postfix.port)) as smtp:
            smtp.command("EHLO client.example.org")
            smtp.send(f"MAIL FROM:<a@example.org>\r\nRCPT TO:<bob@{side.domain}>\r\nDATA\r\n")
            smtp.send(f"Subject: outer\r\n\r\nbody\n.\r\nMAIL FROM:<evil@example.org>\r\nRCPT TO:<evil@{side.domain}>\r\nDATA\r\n"
                      "Subject: smuggled\r\n\r\nx\r\n.\r\n")
            self.assertEqual(sorted(header_of(content)["Subject"] for content in side.take(2).values()), ["outer", "smuggled"])

    def test_nothing_is_smuggled_to_the_next_server(self):
        self.check_that_nothing_is_smuggled(self.instance)

    def test_nothing_is_smuggled_either_when_bare_line_ends_and_nul_are_kept(self):
        lenient = self.start_instance({**self.settings, "smtpd.bare_lf": "normalize", "smtpd.bare_cr": "keep", "smtpd.nul": "keep"})
        self.prepare(lenient)
        self.check_that_nothing_is_smuggled(lenient)

    def check_that_nothing_is_smuggled(self, instance):
        """Whatever is in a message, who gets it from the queue sees one."""
        user = instance.user("alice")
        for name in ("Postfix", "Exim"):
            side = self.sides[name]
            accepted = 0
            second = (f"MAIL FROM:<evil@example.org>\r\nRCPT TO:<evil@{side.domain}>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n"
                      ".\r\nQUIT\r\n").encode()
            with Smtp(instance.address("submissions"), tls=True, certificate=instance.certificate) as smtp:
                smtp.command("EHLO client.example.org")
                plain = base64.b64encode(f"\0{user.address}\0{user.password}".encode()).decode()
                self.assertEqual(smtp.command("AUTH PLAIN " + plain)[0], 235)
                for way in ("DATA", "BDAT", "BDAT of a megabyte"):  # the last one leaves by BDAT, too
                    for end in NOT_THE_END:
                        filler = (b"x" * 76 + b"\r\n") * 15000 if way == "BDAT of a megabyte" else b""
                        content = b"Subject: outer\r\n\r\n" + filler + b"body" + end + second
                        self.assertEqual(smtp.command(f"MAIL FROM:<{user.address}>")[0], 250)
                        self.assertEqual(smtp.command(f"RCPT TO:<bob@{side.domain}>")[0], 250)
                        if way == "DATA":
                            self.assertEqual(smtp.command("DATA")[0], 354)
                            smtp.send(content.removesuffix(b".\r\nQUIT\r\n") + b"..\r\nQUIT\r\n.\r\n")
                        else:
                            smtp.send(b"BDAT %d LAST\r\n" % len(content) + content)
                        code, text = smtp.reply()
                        self.assertIn(code, (250, 550, 554), f"{way} {end!r}: {text}")
                        accepted += code == 250
                code, text = smtp.transaction(user.address, [f"bob@{side.domain}"], b"Subject: the last\r\n\r\nx\r\n")
                self.assertEqual(code, 250, text)
            came = side.take(accepted + 1)
            self.assertEqual(len(came), accepted + 1)
            for content in came.values():
                header = header_of(content)
                self.assertIn(header["Subject"], ("outer", "the last"))
                self.assertEqual(header["Envelope-to"] or header["X-Original-To"], f"bob@{side.domain}")
                self.assertNotIn(b"\r", content)
                self.assertNotIn(b"\0", content)
                if header["Subject"] == "outer":
                    self.assertIn(b"MAIL FROM:<evil@example.org>", content)
                    self.assertTrue(content.endswith(b"\n.\nQUIT\n"), content)


if __name__ == "__main__":
    main()
