// Requests to a real web server, and URLs that strangers write.
#include "lib/https/request.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/https/running_https.h"
#include "tests/unit/temporary_folder.h"

namespace posthouse::https {
namespace {

TEST(HttpsUrl, NamesAHostAPortAndATarget) {
    EXPECT_EQ(parse_url("https://Reports.Example.com"), (Place{"reports.example.com", 443, "/"}));
    EXPECT_EQ(parse_url("https://reports.example.com:8443/v1/tlsrpt?x=y&z"),
              (Place{"reports.example.com", 8443, "/v1/tlsrpt?x=y&z"}));
}

TEST(HttpsUrl, WhatLeadsElsewhereIsRefused) {
    for (const std::string& url :
         {std::string("http://example.com/"), std::string("https://user:secret@example.com/"),
          std::string("https://127.0.0.1/"), std::string("https://[::1]/"), std::string("file:///etc/passwd"),
          std::string("https://"), std::string("example.com"), std::string("https://example.com:0/"),
          std::string("https://example.com/\r\nX: y"), "https://example.com/" + std::string(3000, 'x')})
        EXPECT_EQ(parse_url(url).error().code, ErrorCode::invalid) << url;
}

struct Site {
    TemporaryFolder folder;
    net::Identity authority = net::make_authority();
    RunningHttps server{net::make_certificate(
        {.common_names = {"x"}, .alternative_names = "DNS:reports.example.com", .valid_for = 3600}, &authority)};
    Settings settings;
    Request request;

    Site() {
        settings.ca_file = folder.path() + "/ca.pem";
        std::ofstream(settings.ca_file) << authority.certificate_pem();
        settings.allowed = {net::Network::parse("127.0.0.0/8").value()};
        request = {.place = {"reports.example.com", server.address().port(), "/v1?x"},
                   .addresses = {server.address()},
                   .max_answer = 1000};
    }
};

TEST(HttpsRequest, ContentIsPosted) {
    Site site;
    site.server.set_answer("201 Created\r\nContent-Type: text/plain\r\n", "thanks");
    site.request.content_type = "application/tlsrpt+gzip";
    site.request.content = std::string("\x1f\x8b\0x", 4) + std::string(50'000, 'y');
    const Result<Answer> answer = ask(site.settings, site.request);
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->status, 201);
    EXPECT_EQ(answer->content, "thanks");
    EXPECT_EQ(site.server.request_line(), "POST /v1?x HTTP/1.1");
    EXPECT_EQ(site.server.content(), site.request.content);
    EXPECT_NE(site.server.header().find("Content-Type: application/tlsrpt+gzip\n"), std::string::npos);
}

TEST(HttpsRequest, NobodyElseIsAskedAndNothingLongIsRead) {
    Site site;
    site.server.set_answer("307 Temporary Redirect\r\nLocation: https://elsewhere.example/\r\n", "");
    EXPECT_EQ(ask(site.settings, site.request)->status, 307) << "it is not followed";
    site.server.set_text(std::string(1001, 'x'));
    EXPECT_EQ(ask(site.settings, site.request).error().code, ErrorCode::limit);
    site.request.place.host = "other.example.com";
    EXPECT_EQ(ask(site.settings, site.request).error().code, ErrorCode::denied);
    site.settings.allowed.clear();
    EXPECT_EQ(ask(site.settings, site.request).error().code, ErrorCode::unavailable);
    EXPECT_EQ(site.server.requests(), 2);
}

}  // namespace
}  // namespace posthouse::https
