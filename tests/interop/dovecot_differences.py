"""Why Posthouse and Dovecot may show different things of one message: each reason has a heading in
docs/dovecot-differences.md, which tells what the RFCs say.

    for difference in structure_differences(ours, theirs): ...          # (where, ours, theirs)
    reason_of(difference, content)                                      # its heading, or None: there is none"""

import email.utils
import re

from field_syntax import addresses_are_right, disposition_is_right, fields_of, type_is_right, without_comments

ENVELOPE = ["date", "subject", "from", "sender", "reply-to", "to", "cc", "bcc", "in-reply-to", "message-id"]
ADDRESSES = {"from", "sender", "reply-to", "to", "cc", "bcc"}
SINGLE = ["type", "subtype", "parameters", "id", "description", "encoding", "octets"]
EXTENSION = ["disposition", "language", "location"]
EMPTY_TEXT = (b"text", b"plain", (b"charset", b"us-ascii"), None, None, b"7bit", 0, 0)


def is_multipart(body):
    return isinstance(body[0], tuple)


def kind_of(body):
    """"text", "message" (with an envelope inside) or "basic"."""
    if body[0].lower() == b"text":
        return "text"
    return "message" if body[0].lower() == b"message" and len(body) > 7 and isinstance(body[7], tuple) and len(body[7]) == 10 else "basic"


def children(body):
    return [one for one in body if isinstance(one, tuple) and one and (isinstance(one[0], tuple) or is_body(one))] if is_multipart(body) else []


def is_body(one):
    return len(one) >= 7 and isinstance(one[6], int)


def named(body):
    """{name: value} of a body's own fields, and the bodies inside."""
    if is_multipart(body):
        inner = []
        while body and isinstance(body[0], tuple):
            inner.append(body[0])
            body = body[1:]
        return {"type": b"multipart", **dict(zip(["subtype", "parameters", *EXTENSION], body))}, inner
    fields, rest, inner = dict(zip(SINGLE, body)), body[7:], []
    kind = kind_of(body)
    if kind == "message":
        fields |= {f"inner {name}": value for name, value in zip(ENVELOPE, rest[0])}
        inner, rest = [rest[1]], rest[2:]
    return fields | dict(zip(["lines"] * (kind != "basic") + ["md5", *EXTENSION], rest)), inner


def structure_differences(ours, theirs):
    """(where, ours, theirs) of each value of BODYSTRUCTURE or BODY."""
    mine, my_parts = named(ours)
    other, other_parts = named(theirs)
    if len(my_parts) != len(other_parts) or mine.keys() != other.keys():
        yield "parts", ours, theirs
        return
    for name, value in mine.items():
        if value != other[name]:
            yield name, value, other[name]
    for one, another in zip(my_parts, other_parts):
        yield from structure_differences(one, another)


def envelope_differences(ours, theirs):
    return [("envelope " + name, mine, other) for name, mine, other in zip(ENVELOPE, ours, theirs) if mine != other]


def lower(value):
    if isinstance(value, tuple):
        return tuple(map(lower, value))
    return value.lower() if isinstance(value, bytes) else value


def stripped(value):
    if isinstance(value, tuple):
        return tuple(map(stripped, value))
    return value.strip() if isinstance(value, bytes) else value


def shows_addresses(where):
    return where.split()[-1] in ADDRESSES


def in_order(value):
    """Parameters, or a disposition, with its pairs in order."""
    if not isinstance(value, tuple):
        return value
    if len(value) == 2 and isinstance(value[1], tuple):
        return value[0], in_order(value[1])
    return sorted(zip(value[::2], value[1::2]))


def boundaries(content):
    found = []
    for value in fields_of(content, b"content-type"):
        if match := re.search(rb'boundary\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]*))', value, re.I):
            found.append(match[1] if match[1] is not None else match[2])
    return found


def has_cut_part(ours, theirs):
    """Theirs has empty texts where a delimiter line is the last of the message."""
    mine, other = named(ours)[1], named(theirs)[1]
    return is_multipart(ours) and is_multipart(theirs) and len(mine) < len(other) and all(
        one[:8] == EMPTY_TEXT for one in other[len(mine):])


def ends_early(where, ours, theirs):
    return where == "octets" and theirs == ours + 2 or where == "lines" and theirs == ours + 1 or where.startswith("section") and theirs == (ours or b"") + b"\r\n"


# In this order; the first that holds counts. (heading, holds(where, ours, theirs, content))
REASONS = [
    ("Upper and lower case", lambda where, ours, theirs, content: where in ("type", "subtype", "parameters", "encoding") and lower(ours) == lower(theirs)),
    ("White space at the ends of values", lambda where, ours, theirs, content: not where.startswith("section") and stripped(ours) == stripped(theirs)),
    ("Address lists that are none", lambda where, ours, theirs, content: about_addresses(where, content) and not all(
        map(addresses_are_right, fields_of(content, b"from", b"sender", b"reply-to", b"to", b"cc", b"bcc")))),
    ("Parameters in sections", lambda where, ours, theirs, content: where in ("parameters", "disposition") and re.search(rb"\*\d+\*?\s*=", content)),
    ("The order of parameters", lambda where, ours, theirs, content: where in ("parameters", "disposition") and in_order(ours) == in_order(theirs)),
    ("White space in Content-Location", lambda where, ours, theirs, content: where == "location" and ours == re.sub(rb"\s", b"", theirs or b"")),
    ("Fields without MIME-Version", lambda where, ours, theirs, content: where in (
        "id", "description", "md5", *EXTENSION) and theirs is None and not fields_of(content, b"mime-version")),
    ("Headers without an empty line", lambda where, ours, theirs, content: re.search(
        r"^section.*(MIME|HEADER)", where) and ours == (theirs or b"") + b"\r\n"),
    ("Messages in an encoding", lambda where, ours, theirs, content: re.match("section|search (BODY|TEXT)", where) and re.search(
        rb"(?i)message/", content) and re.search(rb"(?im)^content-transfer-encoding:\s*(base64|quoted)", content)),
    ("The line end before a delimiter", lambda where, ours, theirs, content: ends_early(where, ours, theirs)),
    ("message/global", lambda where, ours, theirs, content: where == "parts" and not is_multipart(ours) and ours[1].lower() == b"global"
     or re.match("search (BODY|TEXT)", where) and re.search(rb"(?im)^content-type:\s*message/global", content)),
    ("A delimiter at the very end", lambda where, ours, theirs, content: where == "parts" and has_cut_part(ours, theirs)),
    ("Boundaries that are none", lambda where, ours, theirs, content: any(not 0 < len(one) <= 70 or one.endswith(b" ") for one in boundaries(content))),
    ("Content-Type and Content-Disposition that are none", lambda where, ours, theirs, content: not all(
        map(type_is_right, fields_of(content, b"content-type"))) or where == "disposition" and not all(
        map(disposition_is_right, fields_of(content, b"content-disposition")))),
    ("Comments in Content-Transfer-Encoding", lambda where, ours, theirs, content: where == "encoding" and any(
        set(b"(;") & set(one) for one in fields_of(content, b"content-transfer-encoding"))),
]


def about_addresses(where, content):
    return shows_addresses(where) or re.match(r"search .*\b(FROM|TO|CC|BCC)\b", where)


def has_date(content):
    dates = fields_of(content.partition(b"\n\n")[0] + b"\n", b"date")
    try:
        return bool(dates and email.utils.parsedate_to_datetime(dates[-1].decode("latin-1")))
    except ValueError:
        return False


def encodings_are_right(content):
    return all((one or b"").lower() in (b"7bit", b"8bit", b"binary", b"base64", b"quoted-printable") for one in map(
        without_comments, fields_of(content, b"content-transfer-encoding")))


# Of what SEARCH finds; differences are ("search KEY", whether it is found here, and there).
SEARCH_REASONS = [
    ("Messages without a date", lambda where, ours, theirs, content: where.startswith("search SENT") and theirs and not has_date(content)),
    ("Fields that are there twice", lambda where, ours, theirs, content: (
        match := re.match("search (SUBJECT|FROM|TO|CC|BCC) ", where)) and theirs and not ours and len(
        fields_of(content.partition(b"\n\n")[0] + b"\n", match[1].lower().encode())) > 1),
    ("Encodings that are none", lambda where, ours, theirs, content: re.match("search (BODY|TEXT)", where) and ours and not encodings_are_right(content)),
]


def reason_of(difference, content):
    where, ours, theirs = difference
    return next((heading for heading, holds in REASONS + SEARCH_REASONS if holds(where, ours, theirs, content)), None)
