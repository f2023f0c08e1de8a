// Tests of lib/http: the parser with its bounds, and the serialiser.
#include "lib/http/parser.h"

#include <gtest/gtest.h>

namespace posthouse::http {
namespace {

TEST(HttpRequestParser, ReadsARequestInPiecesOfEverySize) {
    const std::string wire =
        "POST /reload?now=1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nX-A: b c\r\n\r\nhello";
    for (std::size_t piece = 1; piece <= wire.size(); ++piece) {
        RequestParser parser;
        std::optional<Request> request;
        for (std::size_t at = 0; at < wire.size(); at += piece) {
            EXPECT_FALSE(request);
            parser.feed(std::string_view(wire).substr(at, piece));
            Result<std::optional<Request>> next = parser.next();
            ASSERT_TRUE(next);
            request = std::move(*next);
        }
        ASSERT_TRUE(request) << "in pieces of " << piece;
        EXPECT_EQ(request->method, "POST");
        EXPECT_EQ(request->path(), "/reload");
        EXPECT_EQ(request->query(), "now=1");
        EXPECT_EQ(request->headers.get("x-a"), "b c");
        EXPECT_EQ(request->body, "hello");
        EXPECT_TRUE(request->keep_alive);
    }
}

TEST(HttpRequestParser, ReadsPipelinedRequests) {
    RequestParser parser;
    parser.feed("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.0\r\n\r\nGET /3");
    EXPECT_EQ((**parser.next()).target, "/1");
    const std::optional<Request> second = *parser.next();
    EXPECT_EQ(second->target, "/2");
    EXPECT_FALSE(second->keep_alive);
    EXPECT_FALSE(*parser.next());
    parser.feed(" HTTP/1.1\r\n\r\n");
    EXPECT_EQ((**parser.next()).target, "/3");
}

TEST(HttpRequestParser, ReadsChunkedBodies) {
    RequestParser parser;
    parser.feed("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    EXPECT_EQ((**parser.next()).body, "abcde");
}

TEST(HttpRequestParser, RefusesATransferCodingWithoutALength) {
    for (const char* coding : {"xchunked", "identity", "chunked, gzip"}) {
        RequestParser parser;
        parser.feed(std::string("POST / HTTP/1.1\r\nTransfer-Encoding: ") + coding +
                    "\r\n\r\nGET /inside HTTP/1.1\r\n\r\n");
        EXPECT_FALSE(parser.next()) << coding;
        EXPECT_EQ(parser.status(), 400);
        EXPECT_FALSE(parser.next()) << coding;
    }
}

TEST(HttpRequestParser, ReadsChunksByteByByteAlsoWhenTheFirstIsTheLast) {
    const std::string head = "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const char* body : {"0\r\n\r\n", "1\r\nx\r\n0\r\nA: b\r\n\r\n"}) {
        RequestParser parser;
        const std::string wire = head + body;
        for (std::size_t i = 0; i + 1 < wire.size(); ++i) {
            parser.feed({&wire[i], 1});
            const auto next = parser.next();
            ASSERT_TRUE(next) << i;
            EXPECT_FALSE(*next) << i;
        }
        parser.feed("\n");
        EXPECT_TRUE(*parser.next()) << body;
    }
}

TEST(HttpRequestParser, RefusesWhatIsMalformed) {
    for (const char* wire : {"GET\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n", "\x16\x03\x01\x02",
                             "GET / HTTP/9\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
                             "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"}) {
        RequestParser parser;
        parser.feed(wire);
        const auto next = parser.next();
        ASSERT_FALSE(next) << wire;
        EXPECT_EQ(next.error().code, ErrorCode::invalid);
        EXPECT_EQ(parser.status(), 400);
        EXPECT_FALSE(parser.next()) << "a failure is final";
    }
}

TEST(HttpRequestParser, BoundsHeaderAndBody) {
    RequestParser long_header({.header_octets = 100, .body_octets = 10});
    long_header.feed("GET / HTTP/1.1\r\nA: " + std::string(100, 'x'));
    EXPECT_EQ(long_header.next().error().code, ErrorCode::limit);
    EXPECT_EQ(long_header.status(), 431);
    RequestParser long_body({.header_octets = 100, .body_octets = 10});
    long_body.feed("POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\n");
    EXPECT_EQ(long_body.next().error().code, ErrorCode::limit);
    EXPECT_EQ(long_body.status(), 413);
    RequestParser chunks({.header_octets = 200, .body_octets = 10});
    chunks.feed("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n6\r\nabcdef\r\n0\r\n\r\n");
    EXPECT_EQ(chunks.next().error().code, ErrorCode::limit);
}

TEST(HttpWriter, AddsLengthAndConnection) {
    Response answer = response(200, "text/plain", "ok\n");
    EXPECT_EQ(to_wire(answer), "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n");
    answer.keep_alive = false;
    EXPECT_EQ(to_wire(answer, true),
              "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(reason(404), "Not Found");
    EXPECT_EQ(reason(299), "Unknown");
}

TEST(HttpWriter, AFieldCannotForgeAnother) {
    Response answer = response(302, "text/plain", "");
    answer.headers.add("Location", "/a\r\nSet-Cookie: x");
    EXPECT_NE(to_wire(answer).find("Location: /a?"
                                   "?Set-Cookie: x\r\n"),
              std::string::npos);
}

TEST(HttpResponseParser, ReadsWhatTheWriterWrote) {
    ResponseParser parser;
    const std::string wire = to_wire(response(503, "application/json", "{}"));
    for (const char c : wire) {
        EXPECT_FALSE(parser.complete());
        ASSERT_TRUE(parser.feed({&c, 1}));
    }
    ASSERT_TRUE(parser.complete());
    const Response answer = parser.take();
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.headers.get("content-type"), "application/json");
    EXPECT_EQ(answer.body, "{}");
}

TEST(HttpResponseParser, ABodyWithoutLengthEndsWithTheConnectionAndACutOneIsAnError) {
    ResponseParser open;
    ASSERT_TRUE(open.feed("HTTP/1.0 200 OK\r\n\r\nall of it"));
    EXPECT_FALSE(open.complete());
    ASSERT_TRUE(open.end());
    EXPECT_EQ(open.take().body, "all of it");
    ResponseParser cut;
    ASSERT_TRUE(cut.feed("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"));
    EXPECT_FALSE(cut.end());
    EXPECT_FALSE(ResponseParser().end());
}

}  // namespace
}  // namespace posthouse::http
