"""An internet of a test's own: a network namespace with public addresses, a signed root zone, an authority for certificates, mail
hosts on port 25 and a web server on port 443. Nothing in it reaches anybody else. Root starts it.

    authority = Authority(folder)
    identity = authority.identity("mx.right.example")
    host = MailHost(ADDRESSES[0], identity)
    dns = Dns(folder, f"right.example MX 10 mx.right.example.\n_25._tcp.mx.right.example {tlsa(identity)}\n...", "")
    dns.trust_anchor, authority.certificate         # for dns.trust_anchor_file, outbound.tls_ca_file
    host.taken, host.close(), dns.close()

    if __name__ == "__main__":
        internet.enter()                            # before anything listens
        main()
"""

import contextlib
import hashlib
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

from posthouse_test import PATIENCE, SETTINGS, eventually, port_is_free, run

INSIDE = "INSIDE_ITS_OWN_INTERNET"
ADDRESSES = [f"193.0.0.{last}" for last in range(10, 30)]  # public ones: elsewhere they are somebody's
DNS_PORT = 53


def why_not_here():
    """What keeps it from running here; empty: nothing."""
    if os.environ.get(INSIDE):
        return ""
    if os.geteuid() != 0:
        return "networks of one's own are made by root"
    return run("unshare", "--net", "true").stderr.strip()


def enter():
    """Starts the program anew, in a network of its own; where that can't be, goes on as it is."""
    if os.environ.get(INSIDE) or why_not_here():
        return
    commands = ["ip link set lo up", *(f"ip address add {address}/32 dev lo" for address in ADDRESSES), 'exec "$@"']
    arguments = ["unshare", "--net", "sh", "-euc", "; ".join(commands), "enter", sys.executable, "-B", *sys.argv]
    os.execvpe(arguments[0], arguments, {**os.environ, **SETTINGS, INSIDE: "yes"})


class Authority:
    """Makes certificates with openssl, in a folder."""

    KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")

    def __init__(self, folder):
        self.folder = folder
        self.certificate = folder / "authority.pem"
        self.openssl("req", "-x509", *self.KEY, "-days", "30", "-subj", "/CN=authority", "-keyout", folder / "authority.key",
                     "-out", self.certificate)

    @staticmethod
    def openssl(*arguments, input=None):
        done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, input=input, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def identity(self, *names, days=30):
        """(certificate, key) for these host names; with negative `days` it has expired."""
        base = self.folder / names[0]
        certificate, key, request, extension = (base.with_name(f"{base.name}.{days}.{kind}") for kind in ("pem", "key", "csr", "ext"))
        extension.write_text("subjectAltName=" + ",".join(f"DNS:{name}" for name in names) + "\n")
        self.openssl("req", *self.KEY, "-subj", "/CN=x", "-keyout", key, "-out", request)
        self.openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.folder / "authority.key", "-CAcreateserial",
                     "-days", days, "-extfile", extension, "-out", certificate)
        return certificate, key


def tlsa(identity):
    """A record's data for the key of this certificate (DANE-EE, RFC 7672 §3.1.1)."""
    key = Authority.openssl("pkey", "-pubin", "-outform", "DER", input=Authority.openssl("x509", "-in", identity[0], "-noout", "-pubkey"))
    return "TLSA 3 1 1 " + hashlib.sha256(key).hexdigest()


class Dns:
    """nsd with the root zone, signed, and below it `expired.example`, whose signatures are of 2019. `records`: lines of the root
    zone. `trust_anchor` is a file."""

    ZONE = "$ORIGIN {origin}\n$TTL 60\n@ SOA ns. admin. 1 3600 600 86400 60\n@ NS ns.\n"

    def __init__(self, folder, records, expired):
        self.folder = folder
        keys = {zone: self.shell(f"ldns-keygen -a ECDSAP256SHA256 -k {zone}").strip() for zone in (".", "expired.example.")}
        ds = (folder / f"{keys['expired.example.']}.ds").read_text()
        self.write("root", ".", keys["."], "ns A 127.0.0.1\nexpired.example NS ns.\n" + ds + records)
        self.write("expired", "expired.example.", keys["expired.example."], expired, "-i 20190101 -e 20190201")
        self.trust_anchor = folder / f"{keys['.']}.ds"
        (folder / "nsd.conf").write_text(f"""
server:
  ip-address: 127.0.0.1@{DNS_PORT}
  server-count: 1
  username: ""
  chroot: ""
  pidfile: "{folder}/pid"
  zonesdir: "{folder}"
  database: ""
  xfrdfile: "{folder}/xfrd"
  zonelistfile: "{folder}/zones"
  xfrdir: "{folder}"
remote-control:
  control-enable: no
zone:
  name: "."
  zonefile: root.signed
zone:
  name: "expired.example."
  zonefile: expired.signed
""")
        self.process = subprocess.Popen(["setpriv", "--pdeathsig=KILL", "nsd", "-d", "-c", folder / "nsd.conf"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        eventually(lambda: not port_is_free(DNS_PORT), "nsd listens")

    def shell(self, command):
        done = run("sh", "-euc", f"cd '{self.folder}'; {command}")
        assert done.returncode == 0, done.stderr
        return done.stdout

    def write(self, name, origin, key, records, times=""):
        (self.folder / name).write_text(self.ZONE.format(origin=origin) + records + "\n")
        self.shell(f"ldns-signzone {times} -o {origin} -f {name}.signed {name} {key}")

    def close(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)


class Server:
    """Accepts on one port of an address; a thread for each connection."""

    def __init__(self, address, port, identity=None):
        self.context = None
        if identity:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*identity)
        self.socket = socket.create_server((address, port))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self.serve_safely, args=(connection,), daemon=True).start()

    def serve_safely(self, connection):
        connection.settimeout(PATIENCE)
        try:
            self.serve(connection)
        except OSError:
            pass  # the client has gone, or wants no such TLS
        finally:
            connection.close()

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


class MailHost(Server):
    """SMTP with STARTTLS when it has a certificate: `taken` is (recipient, version of TLS or None) of each message, `contents` what they
    hold."""

    def __init__(self, address, identity=None):
        self.taken, self.contents = [], []
        super().__init__(address, 25, identity)

    def serve(self, connection):
        with contextlib.ExitStack() as closed:
            self.converse(connection, closed)

    def converse(self, connection, closed):
        stream, version, recipient = connection.makefile("rwb"), None, b""

        def say(text):
            stream.write(text.encode() + b"\r\n")
            stream.flush()
        say("220 host ESMTP")
        while line := stream.readline():
            verb = line.split()[0].upper()
            if verb == b"EHLO":
                say("250-host\r\n250-8BITMIME\r\n250 STARTTLS" if self.context and not version else "250 host")
            elif verb == b"STARTTLS":
                say("220 go on")
                secured = self.context.wrap_socket(connection, server_side=True)
                closed.enter_context(secured)
                stream, version = secured.makefile("rwb"), secured.version()
            elif verb == b"RCPT":
                recipient = line.partition(b"<")[2].partition(b">")[0]
                say("250 ok")
            elif verb == b"DATA":
                say("354 go on")
                content = b""
                while (line := stream.readline()) not in (b".\r\n", b""):
                    content += line
                self.contents.append(content)
                self.taken.append((recipient.decode(), version))
                say("250 taken")
            else:
                say("221 bye" if verb == b"QUIT" else "250 ok")


class PolicyHost(Server):
    """HTTPS with MTA-STS policies: {host: text}; 404 for others. What is posted is taken: `posted` is (host, type, content) of each."""

    def __init__(self, address, identity):
        self.policies, self.posted = {}, []
        super().__init__(address, 443, identity)

    def serve(self, connection):
        with self.context.wrap_socket(connection, server_side=True) as secured:
            fields = {}
            stream = secured.makefile("rwb")
            while (line := stream.readline().strip()):
                name, _, value = line.partition(b":")
                fields[name.lower()] = value.strip().decode()
            policy = self.policies.get(fields.get(b"host"))
            posted = stream.read(int(fields.get(b"content-length", 0)))
            if posted:
                self.posted.append((fields[b"host"], fields.get(b"content-type"), posted))
            head = "200 OK\r\nContent-Type: text/plain" if policy or posted else "404 Not Found"
            body = (policy or "").replace("\n", "\r\n")
            stream.write(f"HTTP/1.1 {head}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode())
            stream.flush()


def temporary_folder(cleanup):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="internet-"))
    folder.chmod(0o755)
    cleanup(shutil.rmtree, folder, ignore_errors=True)
    return folder
