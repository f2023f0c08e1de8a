// Tests of counters and reports.
#include "lib/tlsrpt/report.h"

#include <gtest/gtest.h>
#include <openssl/x509_vfy.h>
#include <zlib.h>

#include <nlohmann/json.hpp>

#include "lib/base/base64.h"

namespace posthouse::tlsrpt {
namespace {

Policy sts() {
    return {PolicyType::sts,
            {"version: STSv1", "mode: testing", "mx: *.mail.company-y.example", "max_age: 86400"},
            "company-y.example",
            {"*.mail.company-y.example"}};
}

/// RFC 8460, appendix B.
Report example() {
    Counters counters;
    for (int i = 0; i < 5326; ++i) counters.success(sts());
    Failure expired{FailureType::certificate_expired};
    expired.sending_ip = "2001:db8:abcd:0012::1";
    expired.mx_hostname = "mx1.mail.company-y.example";
    for (int i = 0; i < 100; ++i) counters.failure(sts(), expired);
    Failure unsupported{FailureType::starttls_not_supported};
    unsupported.sending_ip = "2001:db8:abcd:0013::1";
    unsupported.mx_hostname = "mx2.mail.company-y.example";
    unsupported.receiving_ip = "203.0.113.56";
    unsupported.additional_information =
        "https://reports.company-x.example/report_info?id=5065427c-23d3#StarttlsNotSupported";
    for (int i = 0; i < 200; ++i) counters.failure(sts(), unsupported);
    Failure other{FailureType::validation_failure};
    other.sending_ip = "198.51.100.62";
    other.mx_hostname = "mx-backup.mail.company-y.example";
    other.receiving_ip = "203.0.113.58";
    other.reason_code = "X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED";
    for (int i = 0; i < 3; ++i) counters.failure(sts(), other);
    Report report;
    report.organization = "Company-X";
    report.contact = "sts-reporting@company-x.example";
    report.id = "5065427c-23d3-47ca-b6e0-946ea0e8c4be";
    report.domain = "company-y.example";
    report.start = 1459468800;
    report.end = 1459555199;
    report.policies = counters.take().at("company-y.example");
    return report;
}

constexpr const char* rfc_example = R"({
  "organization-name": "Company-X",
  "date-range": {"start-datetime": "2016-04-01T00:00:00Z", "end-datetime": "2016-04-01T23:59:59Z"},
  "contact-info": "sts-reporting@company-x.example",
  "report-id": "5065427c-23d3-47ca-b6e0-946ea0e8c4be",
  "policies": [{
    "policy": {
      "policy-type": "sts",
      "policy-string": ["version: STSv1", "mode: testing", "mx: *.mail.company-y.example", "max_age: 86400"],
      "policy-domain": "company-y.example",
      "mx-host": ["*.mail.company-y.example"]
    },
    "summary": {"total-successful-session-count": 5326, "total-failure-session-count": 303},
    "failure-details": [{
      "result-type": "starttls-not-supported",
      "sending-mta-ip": "2001:db8:abcd:0013::1",
      "receiving-mx-hostname": "mx2.mail.company-y.example",
      "receiving-ip": "203.0.113.56",
      "failed-session-count": 200,
      "additional-information": "https://reports.company-x.example/report_info?id=5065427c-23d3#StarttlsNotSupported"
    }, {
      "result-type": "certificate-expired",
      "sending-mta-ip": "2001:db8:abcd:0012::1",
      "receiving-mx-hostname": "mx1.mail.company-y.example",
      "failed-session-count": 100
    }, {
      "result-type": "validation-failure",
      "sending-mta-ip": "198.51.100.62",
      "receiving-mx-hostname": "mx-backup.mail.company-y.example",
      "receiving-ip": "203.0.113.58",
      "failed-session-count": 3,
      "failure-reason-code": "X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED"
    }]
  }]
})";

TEST(TlsReport, IsTheJsonOfTheRfcsExample) {
    EXPECT_EQ(nlohmann::json::parse(to_json(example())), nlohmann::json::parse(rfc_example));
}

TEST(TlsReport, PoliciesWithoutTextOrFailuresLeaveThoseKeysOut) {
    Counters counters;
    counters.success({PolicyType::no_policy_found, {}, "a.example", {}});
    Report report;
    report.policies = counters.take().at("a.example");
    const auto json = nlohmann::json::parse(to_json(report));
    EXPECT_EQ(json["policies"][0]["policy"],
              nlohmann::json::parse(R"({"policy-type":"no-policy-found","policy-domain":"a.example"})"));
    EXPECT_FALSE(json["policies"][0].contains("failure-details"));
}

TEST(TlsReport, BytesThatAreNoUtf8AreReplaced) {
    Report report = example();
    report.organization = "\xff";
    EXPECT_EQ(nlohmann::json::parse(to_json(report))["organization-name"], "\xef\xbf\xbd");
}

std::string gunzip(const std::string& compressed) {
    z_stream stream{};
    inflateInit2(&stream, 15 + 16);
    std::string out(1u << 20, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
    stream.avail_in = static_cast<uInt>(compressed.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    inflateEnd(&stream);
    return out;
}

TEST(TlsReport, IsCompressedWithGzip) {
    EXPECT_EQ(gunzip(*gzip("")), "");
    const std::string text = to_json(example());
    EXPECT_EQ(gunzip(*gzip(text)), text);
    EXPECT_LT(gzip(text)->size(), text.size());
}

TEST(TlsReport, TheFileIsNamedAfterSenderDomainAndTime) {
    Report report = example();
    report.id = "001";
    report.domain = "example.com";
    report.start = 1013662812;
    report.end = 1013749130;
    EXPECT_EQ(file_name(report, "mail.sender.example"),
              "mail.sender.example!example.com!1013662812!1013749130!001.json.gz");
}

TEST(TlsReportMail, CarriesTheReportInItsSecondPart) {
    const auto mail = report_mail(example(), "mail.company-x.example", {"tlsrpt", "mail.company-x.example"},
                                  {"reports", "company-y.example"}, 1459555200);
    ASSERT_TRUE(mail);
    EXPECT_TRUE(
        mail->starts_with("From: <tlsrpt@mail.company-x.example>\r\n"
                          "To: <reports@company-y.example>\r\n"
                          "Date: Sat, 2 Apr 2016 00:00:00 +0000\r\n"
                          "Message-ID: <5065427c-23d3-47ca-b6e0-946ea0e8c4be@mail.company-x.example>\r\n"
                          "Subject: Report Domain: company-y.example\r\n"
                          " Submitter: mail.company-x.example\r\n"
                          " Report-ID: <5065427c-23d3-47ca-b6e0-946ea0e8c4be@mail.company-x.example>\r\n"
                          "TLS-Report-Domain: company-y.example\r\n"
                          "TLS-Report-Submitter: mail.company-x.example\r\n"
                          "TLS-Required: No\r\n"
                          "MIME-Version: 1.0\r\n"
                          "Content-Type: multipart/report; report-type=\"tlsrpt\";\r\n"))
        << *mail;
    const std::string part = "Content-Type: application/tlsrpt+gzip\r\n";
    std::string body = mail->substr(mail->find("\r\n\r\n", mail->find(part)) + 4);
    body.resize(body.find("\r\n--"));
    for (std::size_t line = 0; line < body.size(); line = body.find("\r\n", line) + 2)
        EXPECT_LE(body.find("\r\n", line) - line, 76u);
    std::erase_if(body, [](char c) { return c == '\r' || c == '\n'; });
    EXPECT_EQ(gunzip(base64::decode(body).value()), to_json(example()));
    EXPECT_TRUE(mail->ends_with("--=_tlsrpt_5065427c-23d3-47ca-b6e0-946ea0e8c4be--\r\n"));
}

TEST(TlsReportMail, NothingStrangeGetsIntoTheHeader) {
    const smtp::Mailbox address{"a", "b.example"};
    Report report = example();
    report.domain = "x.example\r\nBcc: y@z.example";
    EXPECT_FALSE(report_mail(report, "mail.example", address, address, 0));
    EXPECT_FALSE(report_mail(example(), "mail example", address, address, 0));
    report = example();
    report.id = "a\"b";
    EXPECT_FALSE(report_mail(report, "mail.example", address, address, 0));
    report.id = std::string(61, 'a');
    EXPECT_FALSE(report_mail(report, "mail.example", address, address, 0));
}

TEST(TlsCounters, CountPerPolicyAndAreEmptyOnceTaken) {
    Counters counters;
    const Policy none{PolicyType::no_policy_found, {}, "a.example", {}};
    counters.success(none);
    counters.success({PolicyType::tlsa, {"3 1 1 abcd"}, "a.example", {}});
    counters.failure(none, {FailureType::dane_required});
    counters.success({PolicyType::sts, {}, "b.example", {}});
    const auto taken = counters.take();
    ASSERT_EQ(taken.size(), 2u);
    ASSERT_EQ(taken.at("a.example").size(), 2u);
    EXPECT_EQ(taken.at("a.example")[0].successes, 1u);
    EXPECT_EQ(taken.at("a.example")[0].failures, 1u);
    EXPECT_EQ(taken.at("a.example")[0].details.size(), 1u);
    EXPECT_TRUE(counters.take().empty());
}

TEST(TlsCounters, AreBounded) {
    Counters counters;
    const Policy policy{PolicyType::sts, std::vector<std::string>(1000, std::string(2000, 'x')), "a.example", {}};
    for (int i = 0; i < 500; ++i) {
        Failure failure;
        failure.mx_hostname = std::to_string(i) + std::string(1000, 'x');
        counters.failure(policy, failure);
    }
    for (int i = 0; i < 20; ++i) counters.success({PolicyType::tlsa, {std::to_string(i)}, "b.example", {}});
    counters.success({PolicyType::tlsa, {}, "not a domain", {}});
    EXPECT_EQ(counters.dropped(), 13u);
    for (std::size_t i = 2; i < Counters::max_domains + 5; ++i)
        counters.success({PolicyType::tlsa, {}, "d" + std::to_string(i) + ".example", {}});
    EXPECT_EQ(counters.dropped(), 18u);
    const auto taken = counters.take();
    const PolicyResults& results = taken.at("a.example")[0];
    EXPECT_EQ(results.failures, 500u);
    EXPECT_EQ(results.details.size(), Counters::max_details);
    EXPECT_EQ(results.details.begin()->first.mx_hostname.size(), Counters::max_text);
    EXPECT_EQ(results.policy.lines.size(), Counters::max_lines);
    EXPECT_EQ(taken.at("b.example").size(), Counters::max_policies);
    EXPECT_EQ(taken.size(), Counters::max_domains);
}

TEST(TlsFailures, ComeFromTheErrorsOfVerification) {
    EXPECT_EQ(certificate_failure(X509_V_ERR_HOSTNAME_MISMATCH), FailureType::certificate_host_mismatch);
    EXPECT_EQ(certificate_failure(X509_V_ERR_CERT_HAS_EXPIRED), FailureType::certificate_expired);
    EXPECT_EQ(certificate_failure(X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN), FailureType::certificate_not_trusted);
    EXPECT_EQ(certificate_failure(X509_V_ERR_DANE_NO_MATCH), FailureType::validation_failure);
    EXPECT_EQ(to_string(FailureType::sts_webpki_invalid), "sts-webpki-invalid");
}

}  // namespace
}  // namespace posthouse::tlsrpt
