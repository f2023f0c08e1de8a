"""Mail programs from Debian, run against an instance: swaks, msmtp, curl, mbsync, mutt, fetchmail, and Python's clients.

Each method runs one program to its end and gives its CompletedProcess. Files of the programs, their output included, lie
in a folder of their own; nothing of the home folder of whoever runs the tests is read. Whoever can check the server's
certificate does. Connections go to 127.0.0.1, but for mbsync's, which accepts no address in a certificate."""

import contextlib
import imaplib
import poplib
import smtplib
import ssl
import subprocess

from posthouse_test import PATIENCE, run
from terminal import Terminal


class Programs:
    def __init__(self, instance, name="programs"):
        self.instance = instance
        self.folder = instance.folder / name
        self.folder.mkdir()
        self.environment = {"HOME": str(self.folder), "FETCHMAILHOME": str(self.folder), "NO_PROXY": "*", "LC_ALL": "C.UTF-8",
                            "TERM": "xterm"}

    def file(self, name, content):
        """A private file (programs refuse to read passwords from others) with this content."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(0o600)
        return path

    def run(self, *arguments, input=None):
        return run(*arguments, input=input, environment=self.environment)

    def swaks(self, listener, *arguments, user=None, mechanism="PLAIN"):
        """Over TLS when a user is given: with STARTTLS on submission, from the start on submissions."""
        host, port = self.instance.address(listener)
        login = []
        if user:
            login = ["--tlsc" if listener == "submissions" else "--tls", "--tls-verify", "--tls-ca-path",
                     self.instance.certificate, "--auth", mechanism, "--auth-user", user.address, "--auth-password", user.password]
        return self.run("swaks", "--server", host, "--port", port, "--helo", "client.example.org", *login, *arguments)

    def msmtp(self, listener, user, *arguments, content, mechanism="plain"):
        config = self.file("msmtprc", f"""
defaults
host 127.0.0.1
tls_host_override localhost
port {self.instance.port(listener)}
from {user.address}
auth {mechanism}
user {user.address}
password {user.password}
tls on
tls_starttls {"off" if listener == "submissions" else "on"}
tls_trust_file {self.instance.certificate}
account default
""")
        return self.run("msmtp", "-C", config, *arguments, input=content)

    def curl(self, listener, path, *arguments, user=None, input=None):
        """`path` follows the host in the URL. Without implicit TLS, STARTTLS is demanded as soon as a user logs in."""
        implicit = {"submissions": "smtps", "imaps": "imaps", "pop3s": "pop3s"}
        scheme = implicit.get(listener) or {"smtp": "smtp", "submission": "smtp"}.get(listener, listener)
        login = ["--cacert", self.instance.certificate, "--user", f"{user.address}:{user.password}"] if user else []
        if user and listener not in implicit:
            login.append("--ssl-reqd")
        return self.run("curl", "-q", "-sS", "--max-time", PATIENCE, *login, *arguments,
                        f"{scheme}://127.0.0.1:{self.instance.port(listener)}/{path}", input=input)

    def mbsync(self, listener, user, mail, settings, *arguments):
        """Synchronises with the folder `mail` (its INBOX in mail/INBOX); `settings` are lines of the channel."""
        (self.folder / mail).mkdir(exist_ok=True)
        (self.folder / (mail + ".state")).mkdir(exist_ok=True)
        config = self.file("mbsyncrc", f"""
FSync no

IMAPAccount posthouse
Host localhost
Port {self.instance.port(listener)}
User {user.address}
Pass "{user.password}"
SSLType {"IMAPS" if listener == "imaps" else "STARTTLS"}
CertificateFile {self.instance.certificate}

IMAPStore far
Account posthouse

MaildirStore near
Path {self.folder}/{mail}/
Inbox {self.folder}/{mail}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
SyncState {self.folder}/{mail}.state/
{settings}
""")
        return self.run("mbsync", "-c", config, "-V", *arguments, "all")

    def mutt_settings(self, user, submission, imap):
        """A configuration file for mutt that sends by one listener and reads by the other."""
        certificate = self.instance.certificate
        sending = "smtps" if submission == "submissions" else "smtp"
        reading = "imaps" if imap == "imaps" else "imap"
        return self.file("muttrc", f"""
set from="{user.address}" realname="Alice Example" use_envelope_from=yes
set smtp_url="{sending}://{user.address}@127.0.0.1:{self.instance.port(submission)}/" smtp_pass="{user.password}"
set folder="{reading}://{user.address}@127.0.0.1:{self.instance.port(imap)}/" imap_pass="{user.password}"
set ssl_starttls=yes ssl_force_tls=yes certificate_file="{certificate}" ssl_ca_certificates_file="{certificate}"
set sleep_time=0 copy=no quit=yes delete=yes confirmappend=no confirmcreate=no wait_key=no mark_old=no
set header_cache="" tmpdir="{self.folder}"
""")

    def mutt_send(self, user, submission, *arguments, content):
        settings = self.mutt_settings(user, submission, "imaps")
        return self.run("mutt", "-n", "-F", settings, *arguments, input=content)

    def mutt_on_terminal(self, user, imap, settings="", program="mutt"):
        """mutt or neomutt, at the INBOX; `settings` are further lines of its configuration."""
        config = self.mutt_settings(user, "submissions", imap)
        with config.open("a", encoding="utf-8") as file:
            file.write(settings)
        return Terminal([program, "-n", "-F", config, "-f", "+INBOX"], self.environment)

    def mutt_read(self, user, imap, keys, settings="", program="mutt"):
        """Opens the INBOX on a terminal and types `keys`, which end in <quit>. The terminal's output is .stdout."""
        with self.mutt_on_terminal(user, imap, f'{settings}\npush "{keys}"\n', program) as terminal:
            code = terminal.finish()
            return subprocess.CompletedProcess(terminal.process.args, code, terminal.output.decode(errors="replace"), "")

    def fetchmail(self, listener, user, options, *arguments):
        """`options` follow the user in its configuration: where messages go, what is kept."""
        config = self.fetchmail_settings(listener, user, options)
        return self.run("fetchmail", "-f", config, "--pidfile", self.folder / "fetchmail.pid", "--nosyslog", *arguments)

    def fetchmail_settings(self, listener, user, options):
        protocol = "pop3" if listener.startswith("pop3") else "imap"
        return self.file("fetchmailrc", f"""
set no bouncemail
poll 127.0.0.1 service {self.instance.port(listener)} protocol {protocol} timeout {PATIENCE}
  username "{user.address}" password "{user.password}"
  {"ssl" if listener.endswith("s") else 'sslproto "TLS1.2+"'} sslcertck sslcommonname "localhost" sslcertfile "{self.instance.certificate}"
  no rewrite {options}
""")


def tls_context(instance):
    """Trusts the instance's certificate and nothing else, and checks the name."""
    return ssl.create_default_context(cafile=instance.certificate)


def smtp_client(instance, listener, user=None):
    """A smtplib session, after TLS unless it is the listener for other servers, logged in when there is a user."""
    port = instance.port(listener)
    if listener == "submissions":
        client = smtplib.SMTP_SSL("127.0.0.1", port, "client.example.org", timeout=PATIENCE, context=tls_context(instance))
    else:
        client = smtplib.SMTP("127.0.0.1", port, "client.example.org", timeout=PATIENCE)
    with closed_on_failure(client.close):
        if listener == "submission":
            client.starttls(context=tls_context(instance))
        if user:
            client.login(user.address, user.password)
    return client


def imap_client(instance, user=None, listener="imaps"):
    """An imaplib session after TLS, logged in when there is a user."""
    port = instance.port(listener)
    if listener == "imaps":
        client = imaplib.IMAP4_SSL("127.0.0.1", port, ssl_context=tls_context(instance), timeout=PATIENCE)
    else:
        client = imaplib.IMAP4("127.0.0.1", port, timeout=PATIENCE)
    with closed_on_failure(client.shutdown):
        if listener == "imap":
            client.starttls(tls_context(instance))
        if user:
            client.login(user.address, user.password)
    return client


def pop3_client(instance, user=None, listener="pop3s"):
    """A poplib session after TLS, logged in when there is a user."""
    port = instance.port(listener)
    if listener == "pop3s":
        client = poplib.POP3_SSL("127.0.0.1", port, context=tls_context(instance), timeout=PATIENCE)
    else:
        client = poplib.POP3("127.0.0.1", port, timeout=PATIENCE)
    with closed_on_failure(client.close):
        if listener == "pop3":
            client.stls(tls_context(instance))
        if user:
            client.user(user.address)
            client.pass_(user.password)
    return client


@contextlib.contextmanager
def closed_on_failure(close):
    try:
        yield
    except Exception:
        close()
        raise


def messages_of(instance, user, subject, folder="INBOX"):
    """The whole content of each message with these words in its subject, as IMAP gives it."""
    with imap_client(instance, user) as client:
        client.select(f'"{folder}"', readonly=True)
        _, (found,) = client.search(None, "SUBJECT", f'"{subject}"')
        return [client.fetch(number, "(BODY.PEEK[])")[1][0][1] for number in found.decode().split()]
