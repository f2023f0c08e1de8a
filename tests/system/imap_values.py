"""IMAP responses as values: NIL is None, numbers are int, atoms and strings bytes, lists tuples.

    values(b'* 1 FETCH (UID 7 FLAGS (\\Seen))')     # [b"*", 1, b"FETCH", (b"UID", 7, b"FLAGS", (b"\\Seen",))]
    pairs(values(response)[3])                      # {b"UID": 7, b"FLAGS": (b"\\Seen",)}"""

import re

# An opening or closing parenthesis, a quoted string, a literal's size, an atom. An atom may hold a section in brackets.
TOKEN = re.compile(rb'''\ *(?:(\()|(\))|"((?:[^"\\\r\n]|\\.)*)"|~?\{(\d+)\}\r\n|((?:[^ ()\[{"\r\n]|\[[^\]\r\n]*\])+))''', re.S)


def values(response):
    """Fails on what is no IMAP."""
    top, place = [], 0
    lists = [top]
    while place < len(response):
        match = TOKEN.match(response, place)
        if not match:
            raise ValueError(f"no IMAP at {place}: {response[place:place + 60]!r}")
        place = match.end()
        opening, closing, quoted, size, atom = match.groups()
        if opening:
            lists.append([])
        elif closing:
            inner = tuple(lists.pop())
            if not lists:
                raise ValueError(f"unexpected ) at {place}: {response[:60]!r}")
            lists[-1].append(inner)
        elif quoted is not None:
            lists[-1].append(re.sub(rb"\\(.)", rb"\1", quoted, flags=re.S) if b"\\" in quoted else quoted)
        elif size:
            lists[-1].append(response[place:place + int(size)])
            place += int(size)
        else:
            lists[-1].append(None if atom.upper() == b"NIL" else int(atom) if atom.isdigit() else atom)
    if len(lists) != 1:
        raise ValueError(f"missing ): {response[:60]!r}")
    return top


def pairs(items):
    """A list of names and values as a dictionary."""
    return dict(zip(items[::2], items[1::2], strict=True))
