// Cross checks, with files in a temporary folder.
#include "lib/config/check.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <filesystem>

#include "lib/base/file.h"

namespace posthouse::config {
namespace {

/// A fresh key and a certificate that it signed, as PEM.
struct Pair {
    std::string certificate;
    std::string key;
};

std::string drain(BIO* bio) {
    char* data = nullptr;
    const long length = BIO_get_mem_data(bio, &data);
    std::string text(data, static_cast<std::size_t>(length));
    BIO_free(bio);
    return text;
}

Pair make_pair() {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, EVP_sha256());
    BIO* certificate_out = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(certificate_out, certificate);
    BIO* key_out = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(key_out, key, nullptr, nullptr, 0, nullptr, nullptr);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return {drain(certificate_out), drain(key_out)};
}

class CheckTest : public ::testing::Test {
  protected:
    CheckTest() {
        std::string pattern = std::filesystem::temp_directory_path() / "config-test-XXXXXX";
        folder_ = ::mkdtemp(pattern.data());
        const Pair pair = make_pair();
        write("certificate.pem", pair.certificate);
        write("key.pem", pair.key);
        config_.general.mail_root = folder_ + "/mail";
        config_.general.state_folder = folder_ + "/state";
        config_.general.run_folder = folder_ + "/run";
        config_.general.spool_folder = folder_ + "/spool";
        config_.directory.sqlite = folder_ + "/directory.sqlite";
        config_.tls.certificate = folder_ + "/certificate.pem";
        config_.tls.key = folder_ + "/key.pem";
        for (std::string* socket : {&config_.listen.lmtp, &config_.listen.auth, &config_.listen.login,
                                    &config_.listen.userdb, &config_.listen.socketmap, &config_.listen.guard})
            *socket = folder_ + "/run/" + *socket;
    }
    ~CheckTest() override { std::filesystem::remove_all(folder_); }

    void write(const std::string& name, const std::string& text) const {
        ASSERT_TRUE(write_file_durably(folder_ + "/" + name, text));
    }

    std::string problems() const {
        std::string out;
        for (const Problem& problem : check(config_, {{"tls.key", "/p.toml:7"}})) out += problem.message() + "\n";
        return out;
    }

    std::string folder_;
    Config config_;
};

TEST_F(CheckTest, FindsNothingWrongWhereNothingIs) { EXPECT_EQ(problems(), ""); }

TEST_F(CheckTest, NamesTheLineOfAKeyThatBelongsToAnotherCertificate) {
    write("key.pem", make_pair().key);
    EXPECT_EQ(problems(),
              "/p.toml:7: tls.key: " + folder_ + "/key.pem: the private key does not belong to the certificate\n");
}

TEST_F(CheckTest, WarnsOfACertificateWhoseTimeIsOverOrNearlySoOrHasNotCome) {
    const auto warned = [this](std::time_t now) {
        const Problems found = warnings(config_, {{"tls.certificate", "/p.toml:6"}}, now);
        return found.empty() ? std::string() : found.front().message();
    };
    const auto over = [this](std::time_t now) {
        const Problems found = expired(config_, {{"tls.certificate", "/p.toml:6"}}, now);
        return found.empty() ? std::string() : found.front().message();
    };
    const std::string place = "/p.toml:6: tls.certificate: " + config_.tls.certificate + " ";
    const std::time_t now = std::time(nullptr);  // the certificate is valid from now on for an hour
    EXPECT_TRUE(warned(now + 60).starts_with(place + "expires on 2")) << warned(now + 60);
    EXPECT_EQ(over(now + 60), "");
    EXPECT_TRUE(over(now + 7200).starts_with(place + "expired on 2"));
    EXPECT_TRUE(over(now - 86400).starts_with(place + "is not valid before 2"));
    EXPECT_EQ(warned(now + 7200), "");
    write("certificate.pem", "none");
    EXPECT_EQ(warned(now) + over(now), "");
}

TEST_F(CheckTest, NotesFoldersOfMailThatBelongToAnotherUser) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give folders away";
    constexpr uid_t server = 12345;
    config_.general.mail_root = folder_ + "/mail";
    config_.general.state_folder = folder_ + "/state";
    for (const char* folder : {"/mail", "/mail/a.example", "/mail/b.example", "/state"}) {
        std::filesystem::create_directories(folder_ + folder);
        ASSERT_EQ(::chown((folder_ + folder).c_str(), server, server), 0);
    }
    const std::time_t now = std::time(nullptr);
    const std::size_t others = warnings(config_, {}, now).size();
    ASSERT_EQ(::chown((folder_ + "/mail/b.example").c_str(), 0, 0), 0);
    ASSERT_EQ(warnings(config_, {}, now).size(), others + 1);
    EXPECT_EQ(warnings(config_, {}, now).back().message(), "general.mail_root: " + folder_ +
                                                               "/mail/b.example belongs to another user than " +
                                                               folder_ + "/mail: chown -R 12345");
    ASSERT_EQ(::chown((folder_ + "/mail").c_str(), 0, 0), 0);
    EXPECT_EQ(warnings(config_, {}, now).size(), others + 2) << "the state folder, and a.example";
}

TEST_F(CheckTest, NamesACertificateThatIsMissingOrNone) {
    write("certificate.pem", "hello");
    EXPECT_NE(problems().find("certificate.pem: holds no certificate in PEM form"), std::string::npos) << problems();
    config_.tls.certificate = folder_ + "/none.pem";
    EXPECT_NE(problems().find("none.pem"), std::string::npos) << problems();
    config_.tls.certificate = "";
    EXPECT_NE(problems().find("certificate and key must both be given"), std::string::npos) << problems();
    config_.tls.key = "";
    EXPECT_NE(problems().find("tls.certificate: is needed by the listeners with TLS"), std::string::npos) << problems();
}

TEST_F(CheckTest, WantsCertificatesOfTheAuthoritiesOfClients) {
    config_.tls.client_ca = config_.tls.certificate;
    EXPECT_EQ(problems(), "");
    config_.tls.client_ca = config_.tls.key;
    EXPECT_EQ(problems(), "tls.client_ca: " + folder_ + "/key.pem: holds no certificate in PEM form\n");
    config_.tls.client_ca = folder_ + "/missing.pem";
    EXPECT_NE(problems(), "");
}

TEST_F(CheckTest, WantsAUrlAndFilesForTokens) {
    config_.oauth2.introspection_url = "https://id.example/introspect";
    config_.oauth2.local_validation_keys = folder_;
    EXPECT_EQ(problems(), "");
    config_.oauth2.introspection_url = "file:///etc/passwd";
    EXPECT_EQ(problems(), "oauth2.introspection_url: must begin with https:// or http://\n");
    config_.oauth2.introspection_url.clear();
    config_.oauth2.local_validation_keys = folder_ + "/missing";
    EXPECT_EQ(problems(),
              "oauth2.local_validation_keys: " + folder_ + "/missing cannot be read: No such file or directory\n");
    config_.oauth2.local_validation_keys.clear();
    config_.oauth2.username_attribute.clear();
    EXPECT_EQ(problems(), "oauth2.username_attribute: must not be empty\n");
}

TEST_F(CheckTest, NotesMechanismsThatCannotBeUsedAndTokensThatAreNotSafe) {
    const auto notes = [&] {
        std::string text;
        for (const Problem& problem : warnings(config_, {}, std::time(nullptr)))
            if (problem.message().starts_with("auth.") || problem.message().starts_with("oauth2."))
                text += problem.message().substr(0, problem.message().find(' ')) + '\n';
        return text;
    };
    EXPECT_EQ(notes(), "");
    config_.auth.mechanisms = {"EXTERNAL", "OAUTHBEARER"};
    EXPECT_EQ(notes(), "auth.mechanisms:\nauth.mechanisms:\n");
    config_.tls.client_ca = config_.tls.certificate;
    config_.oauth2.local_validation_keys = folder_;
    EXPECT_EQ(notes(), "oauth2.audiences:\n");
    config_.oauth2.audiences = {"mail"};
    for (const char* safe :
         {"https://id.example/", "http://localhost:8080/x", "http://127.0.0.1/", "http://[::1]:80/"}) {
        config_.oauth2.introspection_url = safe;
        EXPECT_EQ(notes(), "") << safe;
    }
    for (const char* open :
         {"http://id.example/", "http://localhost.example/", "http://127.example/", "http://[2001:db8::1]/[::1]"}) {
        config_.oauth2.introspection_url = open;
        EXPECT_EQ(notes(), "oauth2.introspection_url:\n") << open;
    }
}

TEST_F(CheckTest, RefusesAFileWhereAFolderShouldBe) {
    write("mail", "");
    EXPECT_EQ(problems(), "general.mail_root: " + folder_ + "/mail is not a folder\n");
}

TEST_F(CheckTest, RefusesAnythingButASocketInTheWayOfASocket) {
    std::filesystem::create_directory(folder_ + "/run");
    write("run/auth.sock", "");
    EXPECT_EQ(problems(), "listen.auth: " + folder_ + "/run/auth.sock exists and is no socket\n");
}

TEST_F(CheckTest, RefusesAnAddressOrSocketThatIsUsedTwice) {
    config_.listen.submission = {"127.0.0.1:25"};
    config_.listen.smtp = {"localhost:25"};
    config_.listen.userdb = config_.listen.auth;
    EXPECT_NE(problems().find("listen.submission: 127.0.0.1:25 is used twice"), std::string::npos) << problems();
    EXPECT_NE(problems().find("listen.userdb"), std::string::npos) << problems();
}

TEST_F(CheckTest, SaysWhichWordOfTheQuotaMakesNoSense) {
    config_.quota.rule = {"*:storage=1G", "Trash:storage=much"};
    config_.quota.warning = {"storage=120%"};
    config_.quota.grace = "some";
    const std::string found = problems();
    EXPECT_NE(found.find("quota.rule: \"Trash:storage=much\""), std::string::npos) << found;
    EXPECT_EQ(found.find("1G"), std::string::npos) << found;
    EXPECT_NE(found.find("quota.warning: "), std::string::npos) << found;
    EXPECT_NE(found.find("quota.grace: "), std::string::npos) << found;
}

TEST_F(CheckTest, NotesRulesOfTheQuotaThatAreHardlyMeantSo) {
    const auto noted = [this] {
        std::string text;
        for (const Problem& problem : warnings(config_, {}, std::time(nullptr)))
            if (problem.message().starts_with("quota.")) text += problem.message() + '\n';
        return text;
    };
    config_.quota.rule = {"*:storage=1G", "*:messages=9", "Trash:storage=+10%", "Junk:ignore", "Entwürfe:ignore"};
    config_.quota.grace = "10%";
    EXPECT_EQ(noted(), "");
    config_.quota.rule = {"*:messages=9", "*:messages=10", "Trash:storage=+10%", "Old:ignore:storage=1G",
                          "Entw&APw-rfe:ignore"};
    config_.quota.grace = "500%";
    EXPECT_EQ(noted(),
              "quota.rule: there are several rules for \"*\"\n"
              "quota.rule: \"Entw&APw-rfe\" is a name in modified UTF-7; rules have UTF-8: \"Entwürfe\"\n"
              "quota.rule: \"Old\" is ignored, so its limits mean nothing\n"
              "quota.rule: \"Trash\" is relative to the rule for \"*\", which sets no such limit\n"
              "quota.grace: lets the last message more than double what the rules allow\n");
}

TEST_F(CheckTest, WantsTrustedNetworksForTheProxyProtocol) {
    config_.listen.proxy_protocol = {"smtp"};
    EXPECT_NE(problems().find("listen.proxy_trusted_networks: must not be empty"), std::string::npos) << problems();
}

TEST_F(CheckTest, RefusesALogThatIsAFolder) {
    config_.log.path = folder_;
    EXPECT_EQ(problems(), "log.path: " + folder_ + " cannot be written\n");
}

}  // namespace
}  // namespace posthouse::config
