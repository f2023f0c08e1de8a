"""Messages that readers of MIME disagree about, made here: {name: content}, content in CRLF lines.

    for name, content in hard_messages(): ..."""

HEAD = b"From: Ann <ann@example.org>\r\nTo: bob@example.net\r\nSubject: hard\r\nDate: Mon, 2 Feb 2026 10:20:30 +0100\r\nMessage-ID: <hard@example.org>\r\n"

# Header blocks whose fields are hard; the body is one line.
HEADERS = {
    "groups": b"To: A Group:Ed <ed@x.example>, joe@y.example; , Undisclosed:;, alone@z.example\r\nCc: (empty)\r\n",
    "groups inside lists": b"To: a@x.example, g: b@x.example, c@x.example;, d@x.example\r\nReply-To: g:;\r\n",
    "routes": b"From: Route <@a.example,@b.example:c@d.example>\r\n",
    "comments": b"From: Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>\r\nSender: mary@x.example (Mary (nested) Smith)\r\n",
    "quoted": b"From: \"Joe Q. \\\"Public\\\"\" <\"john..q\"@x.example>\r\nTo: \"<boss>\" <boss@x.example>, \"a\\\\b\" <c@x.example>\r\n",
    "encoded words": b"From: =?iso-8859-1?Q?Andr=E9?= Pirard <p@x.example>\r\nSubject: =?utf-8?B?w6TDtsO8?=\r\n =?utf-8?Q?_more?= plain\r\n",
    "8-bit": b"From: J\xf6rg <j@x.example>\r\nSubject: caf\xc3\xa9 \xe4\r\n",
    "folded": b"Subject: one\r\n two\r\n\tthree   four\r\nTo:\r\n a@x.example,\r\n\tb@x.example\r\n",
    "twice": b"Subject: first\r\nSubject: second\r\nTo: one@x.example\r\nTo: two@x.example\r\nMessage-ID: <1@x>\r\nMessage-ID: <2@x>\r\n",
    "empty": b"From:\r\nSubject:\r\nSender: \r\nReply-To: ;\r\nIn-Reply-To:\r\nMessage-ID:\r\nDate:\r\n",
    "blanks before colons": b"Subject : spaced\r\nFrom\t: tab@x.example\r\n",
    "no domain": b"From: root\r\nTo: Mary Smith, <mary>, \"quoted only\"\r\nCc: a@, @b.example, <>\r\n",
    "broken addresses": b"From: a@b@c.example\r\nTo: <a@x.example, b@y.example>\r\nCc: Some One a@x.example\r\nBcc: a@x.example <b@y.example>\r\n",
    "dots": b"From: John Q. Public <j.q@x.example>\r\nTo: a . b @ c . example\r\nCc: .a@x.example, a..b@x.example\r\n",
    "literals": b"From: a@[127.0.0.1]\r\nTo: b@[ IPv6:::1 ]\r\n",
    "semicolons": b"To: a@x.example; b@y.example; c@z.example\r\n",
    "long": b"To: " + b",\r\n ".join(b"user%d@x.example" % n for n in range(300)) + b"\r\nReferences:" + b"".join(b"\r\n <%d@x.example>" % n for n in range(100)) + b"\r\n",
    "long subject": b"Subject: " + b"word " * 1000 + b"\r\n",
    "references": b"In-Reply-To: <a@x.example> (message of\r\n yesterday)\r\nReferences: <a@x.example>\t<b@x.example>\r\n",
    "type with comments": b"Content-Type: text (a) / plain (b) ; charset (c) = (d) utf-8 (e)\r\n",
    "type without subtype": b"Content-Type: text\r\n",
    "type of nothing": b"Content-Type:\r\nContent-Transfer-Encoding:\r\nContent-Disposition:\r\n",
    "type with a slash too many": b"Content-Type: text/html/x; charset=utf-8\r\n",
    "type in capitals": b"CONTENT-TYPE: TEXT/PLAIN; CHARSET=UTF-8; FORMAT=Flowed\r\nContent-Transfer-Encoding: QUOTED-PRINTABLE\r\n",
    "type twice": b"Content-Type: text/html\r\nContent-Type: text/plain; charset=utf-8\r\n",
    "parameters with specials": b"Content-Type: text/plain; name=a b.txt; x=\"a;b\\\"c\"; y=a/b=c; charset=us-ascii;\r\n",
    "parameters without value": b"Content-Type: text/plain; charset; name=; format=flowed\r\n",
    "parameters twice": b"Content-Type: text/plain; charset=utf-8; charset=us-ascii\r\n",
    "parameters in sections": b"Content-Type: application/x-stuff; title*0*=us-ascii'en'This%20is%20even%20more%20; title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2=\"isn't it!\"\r\n",
    "parameters in sections out of order": b"Content-Type: message/external-body; URL*1=\"/x\"; access-type=URL; URL*0=\"ftp://\"; URL*3=lost\r\n",
    "parameter in a charset": b"Content-Disposition: attachment; filename*=UTF-8''%e2%82%ac%20rates; filename=\"euro\"\r\n",
    "content fields": b"Content-ID: <id@x.example> (c)\r\nContent-Description: some\r\n text\r\nContent-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==\r\n"
                      b"Content-Language: en (English), de\r\nContent-Location: http://x.example/\r\n a b\r\nContent-Disposition: inline (c); x=y\r\n",
    "encoding that is none": b"Content-Transfer-Encoding: 7 bit\r\n",
    "encoding with more": b"Content-Transfer-Encoding: base64; x=y (c)\r\n",
    "encoding with a comment": b"Content-Transfer-Encoding: (c) base64 (d)\r\n",
    "no version": b"Content-Type: text/html; charset=\"iso-8859-1\"\r\nContent-ID: <id@x.example>\r\n",
    "no version, no type": b"Content-ID: <id@x.example>\r\nContent-Language: en\r\n",
    "version with comments": b"MIME-Version: (x) 1 (y) . 0\r\nContent-ID: <id@x.example>\r\n",
    "language in parentheses": b"Content-Language: , (x)\r\n",
    "date that is none": b"Date: yesterday\r\n",
    "line without colon": b"this is no field\r\nSubject: after it\r\n",
    "nameless": b": no name\r\nSubject: after it\r\n",
}

TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\n"


def multipart(body, subtype=b"mixed", boundary=b"b", rest=b""):
    return b'Content-Type: multipart/%s; boundary="%s"%s\r\n\r\n%s' % (subtype, boundary, rest, body)


# What comes behind HEAD: the rest of a header, and a body.
BODIES = {
    "simple": multipart(b"preamble\r\n--b\r\n\r\none\r\n--b\r\n" + TEXT + b"two\r\n--b--\r\nepilogue\r\n"),
    "nested": multipart(b"--b\r\n" + multipart(b"--c\r\n" + TEXT + b"in\r\n--c\r\nContent-Type: text/html\r\n\r\n<p>\r\n--c--\r\n", b"alternative", b"c") +
                        b"--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAw==\r\n--b--\r\n"),
    "not closed": multipart(b"--b\r\n" + TEXT + b"one\r\n--b\r\n" + TEXT + b"two\r\n"),
    "inner not closed": multipart(b"--b\r\n" + multipart(b"--c\r\n" + TEXT + b"in\r\n", b"mixed", b"c") + b"--b\r\n" + TEXT + b"out\r\n--b--\r\n"),
    "one boundary begins like the other": multipart(b"--b\r\n" + multipart(b"--bb\r\n" + TEXT + b"in\r\n--bb--\r\n", b"mixed", b"bb") + b"--b\r\n" + TEXT + b"out\r\n--b--\r\n"),
    "the same boundary inside": multipart(b"--b\r\n" + multipart(b"--b\r\n" + TEXT + b"in\r\n--b--\r\n") + b"--b\r\n" + TEXT + b"out\r\n--b--\r\n"),
    "blanks behind boundaries": multipart(b"--b  \r\n" + TEXT + b"one\r\n--b\t\r\n" + TEXT + b"two\r\n--b-- \r\n"),
    "text behind boundaries": multipart(b"--bx\r\n" + TEXT + b"one\r\n--b-\r\n" + TEXT + b"two\r\n--b--x\r\n"),
    "no parts": multipart(b"nothing here\r\n"),
    "no parts, closed": multipart(b"--b--\r\n"),
    "no body": b'Content-Type: multipart/mixed; boundary="b"\r\n',
    "no boundary": b"Content-Type: multipart/mixed\r\n\r\n--b\r\n" + TEXT + b"one\r\n--b--\r\n",
    "empty boundary": b'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n' + TEXT + b"one\r\n----\r\n",
    "boundary with specials": multipart(b"--=_'()+,./:=? x\r\n" + TEXT + b"one\r\n--=_'()+,./:=? x--\r\n", boundary=b"=_'()+,./:=? x"),
    "boundary without quotes": b"Content-Type: multipart/mixed; boundary=a=b:c\r\n\r\n--a=b:c\r\n" + TEXT + b"one\r\n--a=b:c--\r\n",
    "boundary ends in blank": multipart(b"--b\r\n" + TEXT + b"one\r\n--b--\r\n", boundary=b"b "),
    "empty parts": multipart(b"--b\r\n--b\r\n\r\n--b\r\n\r\n\r\n--b--\r\n"),
    "part without header": multipart(b"--b\r\n\r\nno header\r\n--b--\r\n"),
    "part without empty line": multipart(b"--b\r\nContent-Type: text/html\r\n--b\r\n" + TEXT + b"two\r\n--b--\r\n"),
    "digest": multipart(b"--b\r\n\r\nSubject: inner\r\n\r\none\r\n--b\r\nContent-Type: text/plain\r\n\r\ntwo\r\n--b--\r\n", b"digest"),
    "message": b"Content-Type: message/rfc822\r\n\r\nFrom: x@x.example\r\nSubject: inner\r\n\r\ninside\r\n",
    "message in a part": multipart(b"--b\r\nContent-Type: message/rfc822\r\n\r\n" + HEAD + multipart(
        b"--c\r\n" + TEXT + b"in\r\n--c--\r\n", boundary=b"c") + b"--b--\r\n"),
    "message in a message": b"Content-Type: message/rfc822\r\n\r\nContent-Type: message/rfc822\r\nSubject: 1\r\n\r\nSubject: 2\r\n\r\ninside\r\n",
    "message in base64": b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogeA0KDQp4DQo=\r\n",
    "message without header end": multipart(b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n--b--\r\n"),
    "empty message": multipart(b"--b\r\nContent-Type: message/rfc822\r\n\r\n--b--\r\n"),
    "message/partial": b'Content-Type: message/partial; id="x"; number=1; total=2\r\n\r\nSubject: half\r\n\r\nhalf\r\n',
    "delivery status": multipart(b"--b\r\n" + TEXT + b"sorry\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nAction: failed\r\n"
                                 b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: lost\r\n\r\nlost\r\n--b--\r\n", b"report", rest=b"; report-type=delivery-status"),
    "message/global": b"Content-Type: message/global\r\n\r\nSubject: \xc3\xa4\r\n\r\ninside\r\n",
    "multipart in base64": b'Content-Type: multipart/mixed; boundary="b"\r\nContent-Transfer-Encoding: base64\r\n\r\n--b\r\n' + TEXT + b"one\r\n--b--\r\n",
    "deep": b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(40)) + TEXT + b"in\r\n",
    "many parts": multipart(b"".join(b"--b\r\n\r\n%d\r\n" % n for n in range(300)) + b"--b--\r\n"),
    "blank lines around": multipart(b"\r\n\r\n--b\r\n\r\n\r\none\r\n\r\n\r\n--b--\r\n\r\n\r\n"),
    "attachment": multipart(b"--b\r\n" + TEXT + b"text\r\n--b\r\nContent-Type: image/png; name=\"=?utf-8?Q?=C3=A4?=.png\"\r\nContent-Disposition: attachment;\r\n"
                            b" filename=\"a b.png\"; size=3\r\nContent-ID: <i@x.example>\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n", b"related",
                            rest=b'; type="text/html"; start="<i@x.example>"'),
    "quoted-printable": b"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\ngr=FC=DFe=\r\n joined =20\r\nend=\r\n",
    "8-bit text": b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nStra\xc3\x9fe \xe4\r\n",
    "text without type": b"\r\njust text\r\n",
    "header only": b"",
    "body empty": b"\r\n",
    "long line": b"\r\n" + b"x" * 20000 + b"\r\n",
    "no last line end": multipart(b"--b\r\n" + TEXT + b"one\r\n--b--"),
    "cut in a boundary": multipart(b"--b\r\n" + TEXT + b"one\r\n--b\r\n" + TEXT + b"two\r\n--b"),
}


def hard_messages():
    for name, fields in HEADERS.items():
        kept = b"".join(line + b"\r\n" for line in HEAD.splitlines() if line.partition(b":")[0].lower() not in fields.lower())
        version = b"" if b"MIME-Version" in fields or name.startswith("no version") else b"MIME-Version: 1.0\r\n"
        yield "header: " + name, kept + version + fields + b"\r\nbody\r\n"
    for name, rest in BODIES.items():
        yield "body: " + name, HEAD + b"MIME-Version: 1.0\r\n" + rest
    yield "no header", b"\r\nbody\r\n"
    yield "one line end", b"\r\n"
    yield "one letter", b"x"
