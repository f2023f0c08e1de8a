"""What lies in the queue, read from its files as queued/spool/FORMAT.md describes them."""

import dataclasses
import pathlib
import struct
import zlib

FOLDERS = ("incoming", "deferred", "hold")


@dataclasses.dataclass
class Queued:
    """A message: `envelope` has its own fields, each of `recipients` those of one, and `content` what goes before the content
    as well."""
    folder: str
    due: int
    envelope: dict
    recipients: list
    content: bytes

    def addresses(self):
        return [recipient["recipient"] for recipient in self.recipients]


def records(data):
    """(kind, body) of every record that is right."""
    at = 0
    while at + 8 <= len(data):
        checksum, head = struct.unpack_from("<II", data, at)
        kind, size = chr(head & 0xFF), head >> 8
        if zlib.crc32(data[at + 4:at + 8 + size]) != checksum or at + 8 + size > len(data):
            return
        yield kind, data[at + 8:at + 8 + size]
        at += 8 + size


def unescaped(text):
    out, rest = b"", text.encode("utf-8", "surrogateescape")
    while b"%" in rest:
        before, _, rest = rest.partition(b"%")
        out, rest = out + before + bytes([int(rest[:2], 16)]), rest[2:]
    return (out + rest).decode("utf-8", "surrogateescape")


def read_message(path):
    parts = {}
    for kind, body in records(path.read_bytes()):
        parts[kind] = parts.get(kind, b"") + body if kind == "C" else body
    assert {"H", "E", "Z"} <= set(parts) and parts["H"] == parts["Z"], f"{path} is not whole"
    envelope, recipients = {}, []
    for line in parts["E"].decode("utf-8", "surrogateescape").splitlines():
        key, _, value = line.partition("=")
        if key == "recipient":
            recipients.append({})
        (recipients[-1] if key.startswith("recipient") else envelope)[key] = unescaped(value)
    name = path.name.split(".")
    return Queued(path.parent.name, int(name[1]) if len(name) > 1 else 0, envelope, recipients,
                  parts.get("F", b"") + parts.get("C", b""))


def queued_messages(instance):
    """All of them, whoever has them open, each once: one that moves meanwhile is where it was seen last."""
    messages = {}
    for folder in FOLDERS:
        for path in sorted((pathlib.Path(instance.folder) / "spool" / folder).glob("[!.]*")):
            try:
                messages[path.name.split(".")[0]] = read_message(path)
            except FileNotFoundError:  # moved meanwhile: to a folder that comes later, or done
                continue
    return list(messages.values())


def queued_as(instance, reply):
    """The message that a reply "250 2.0.0 Ok: queued as ID" is about."""
    ident = reply.rsplit(" ", 1)[-1]
    found = [message for message in queued_messages(instance) if message.envelope["id"] == ident]
    assert len(found) >= 1, f"nothing is queued as {ident}"
    return found[-1]
