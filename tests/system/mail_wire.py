"""Mail protocols at the level of bytes, for tests that must see exactly what goes over the wire."""

import re
import socket
import ssl

TIMEOUT = 60


class Wire:
    """A connection on which lines are read and bytes are written."""

    def __init__(self, address, tls=False, certificate=None, timeout=TIMEOUT, source=None, shown=None):
        if isinstance(address, str):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            self.socket.connect(address)
        else:
            self.socket = socket.create_connection(address, timeout, (source, 0) if source else None)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.start_tls(certificate, shown)
        self.file = self.socket.makefile("rb")

    def start_tls(self, certificate, shown=None):
        """`certificate` is trusted; `shown` is (certificate, key) of the client."""
        context = ssl.create_default_context(cafile=certificate)
        if shown:
            context.load_cert_chain(*shown)
        self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self.file = self.socket.makefile("rb")

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def line(self):
        """The next line without its end; b"" at the end of the connection as well."""
        return self.file.readline().rstrip(b"\r\n")

    def at_end(self):
        """The peer has closed the connection."""
        try:
            return self.file.read(1) == b""
        except ConnectionResetError:
            return True

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Smtp(Wire):
    """SMTP or LMTP; replies are (code, text)."""

    def __init__(self, address, **options):
        super().__init__(address, **options)
        self.greeting = self.reply()

    def reply(self):
        lines = []
        while True:
            line = self.line()
            if not line:
                return 0, "connection closed"
            lines.append(line[4:].decode(errors="replace"))
            if line[3:4] != b"-":
                return int(line[:3]), "\n".join(lines)

    def command(self, text):
        self.send((text if isinstance(text, bytes) else text.encode()) + b"\r\n")
        return self.reply()

    def transaction(self, sender, recipients, content):
        """The whole of MAIL, RCPT, DATA in one go; the last reply."""
        self.send(f"MAIL FROM:<{sender}>\r\n" + "".join(f"RCPT TO:<{one}>\r\n" for one in recipients) + "DATA\r\n")
        replies = [self.reply() for _ in range(len(recipients) + 2)]
        if replies[-1][0] != 354:
            return next((one for one in replies if one[0] >= 400), replies[-1])
        self.send(dot_stuffed(content) + b".\r\n")
        return self.reply()


class Imap(Wire):
    """IMAP; command() gives (tagged line without tag, untagged responses with their literals in place)."""

    def __init__(self, address, **options):
        super().__init__(address, **options)
        self.greeting = self.line()
        self.number = 0

    def response(self):
        """One response; literals stand in it as they came. b"" at the end of the connection, also within a response."""
        whole = b""
        while True:
            line = self.file.readline()
            if not line.endswith(b"\n"):
                return b""
            whole += line
            literal = re.search(rb"\{(\d+)\}\r\n$", line)
            if not literal:
                return whole.removesuffix(b"\r\n")
            size = int(literal[1])
            content = self.file.read(size)
            if len(content) < size:
                return b""
            whole += content

    def command(self, text):
        self.number += 1
        tag = b"t%d" % self.number
        self.send(tag + b" " + (text if isinstance(text, bytes) else text.encode()) + b"\r\n")
        return self.result(tag)

    def result(self, tag):
        untagged = []
        while True:
            response = self.response()
            if response.startswith(tag + b" "):
                return response[len(tag) + 1:].decode(errors="replace"), untagged
            if not response:
                return "connection closed", untagged
            untagged.append(response)

    def login(self, user):
        return self.command(f'LOGIN "{user.address}" "{user.password}"')[0]


class Pop3(Wire):
    """POP3; command() gives the status line, multi() status and the multi-line data, dots removed."""

    def __init__(self, address, **options):
        super().__init__(address, **options)
        self.greeting = self.line()

    def command(self, text):
        self.send(text + "\r\n")
        return self.line().decode(errors="replace")

    def multi(self, text):
        status = self.command(text)
        data = []
        while status.startswith("+OK"):
            line = self.file.readline()
            if line in (b".\r\n", b""):
                break
            data.append(line[1:] if line.startswith(b".") else line)
        return status, b"".join(data)


def dot_stuffed(content):
    """Content (CRLF line ends) as it goes after DATA (RFC 5321 §4.5.2)."""
    return re.sub(rb"(\A|\r\n)\.", rb"\1..", content)


def literal_of(response):
    """The first literal in an IMAP response."""
    start = re.search(rb"\{(\d+)\}\r\n", response)
    return response[start.end():start.end() + int(start[1])]
