"""A DNS server of a test's own: a handful of records, given as {(name, type): [values]}; what isn't there doesn't exist. Nothing is
signed. Values: A "127.0.0.1", MX (10, "mx.example"), TXT "text"."""

import socket
import struct
import threading

TYPES = {"A": 1, "MX": 15, "TXT": 16}


def encoded(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


def rdata(kind, value):
    if kind == "A":
        return socket.inet_aton(value)
    if kind == "MX":
        return struct.pack(">H", value[0]) + encoded(value[1])
    text = value.encode()
    return b"".join(bytes([len(piece)]) + piece for piece in (text[i:i + 255] for i in range(0, len(text), 255)))


class Zone:
    def __init__(self, records):
        self.records = records
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.socket.sendto(b"", self.socket.getsockname())  # ends the thread
        self.thread.join()
        self.socket.close()

    @property
    def address(self):
        return "%s:%d" % self.socket.getsockname()

    def serve(self):
        while True:
            query, client = self.socket.recvfrom(4096)
            if not query:
                return
            self.socket.sendto(self.answer(query), client)

    def answer(self, query):
        end, labels = 12, []
        while query[end]:
            labels.append(query[end + 1:end + 1 + query[end]].decode().lower())
            end += 1 + query[end]
        question = query[12:end + 5]
        name, asked = ".".join(labels), struct.unpack(">H", query[end + 1:end + 3])[0]
        found = [(kind, value) for (owner, kind), values in self.records.items() if owner == name and TYPES[kind] == asked for value in values]
        exists = any(owner == name or owner.endswith("." + name) for owner, _ in self.records)
        flags = 0x8180 | (0 if exists else 3)  # an answer, recursion available; NXDOMAIN
        reply = query[:2] + struct.pack(">HHHHH", flags, 1, len(found), 0, 0) + question
        for kind, value in found:
            data = rdata(kind, value)
            reply += b"\xc0\x0c" + struct.pack(">HHIH", TYPES[kind], 1, 60, len(data)) + data
        return reply
