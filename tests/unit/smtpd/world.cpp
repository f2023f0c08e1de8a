// World: smtpd's Receiver with stand-ins for authd, lmtpd and the frame.
#include "tests/unit/smtpd/world.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "lib/base/ascii.h"
#include "tests/unit/queued/spool/spool_folder.h"

namespace posthouse::smtpd {
namespace {

std::string make_folder() {
    std::string path = std::filesystem::temp_directory_path() / "posthouse-smtpd-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) std::abort();
    return path;
}

std::string take_text(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    std::string out(data, static_cast<std::size_t>(size));
    BIO_free(bio);
    return out;
}

net::TlsCertificate self_signed(const char* name) {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    X509_set_version(certificate, 2);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    X509_sign(certificate, key, EVP_sha256());
    BIO* chain = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(chain, certificate);
    BIO* secret = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(secret, key, nullptr, nullptr, 0, nullptr, nullptr);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return {take_text(chain), take_text(secret), name};
}

net::Async<> serve(Receiver* receiver, daemon::Connection* connection, bool implicit_tls) {
    if (implicit_tls) {
        const auto context = net::TlsContext::server({{self_signed("mx.local.example")}, "TLSv1.2"});
        Result<> encrypted = co_await connection->stream.start_tls(*context, soon());
        if (!encrypted) co_return;
    }
    co_await receiver->serve(*connection);
    co_await connection->stream.close(soon());
}

/// Everything that comes until the server closes.
net::Async<std::string> read_all(net::Stream& stream) {
    std::string out;
    for (;;) {
        Result<std::string_view> bytes = co_await stream.peek(soon());
        if (!bytes) co_return out;
        out += *bytes;
        stream.consume(bytes->size());
    }
}

net::Async<std::string> send_all(net::Stream& stream, std::string input) {
    Result<> sent = co_await stream.write(input, soon());
    if (sent) sent = co_await stream.flush(soon());
    if (!stream.tls()) ::shutdown(stream.fd(), SHUT_WR);
    std::string output = co_await read_all(stream);
    co_return output;
}

net::Async<std::string> send_all_encrypted(net::Stream& stream, std::string input, bool implicit_tls) {
    if (!implicit_tls) {
        Result<> sent = co_await stream.write("EHLO client.example\r\nSTARTTLS\r\n", soon());
        for (std::string line; sent && !line.starts_with("220 2.0.0");) {
            Result<std::string> next = co_await stream.read_line(1000, soon());
            if (!next) co_return "no STARTTLS: " + next.error().message();
            line = *next;
        }
    }
    const auto context = net::TlsContext::client(false);
    Result<> encrypted = co_await stream.start_tls_client(*context, "", soon());
    if (!encrypted) co_return "no TLS: " + encrypted.error().message();
    std::string output = co_await send_all(stream, std::move(input));
    co_return output;
}

}  // namespace

StandInFrame::StandInFrame(const std::string& folder)
    : metrics_({{"daemon", "smtpd"}}), background_(loop_), stopping_(loop_) {
    settings.general.hostname = "mx.local.example";
    settings.general.spool_folder = folder + "/spool";
    settings.general.state_folder = folder + "/state";
    std::filesystem::create_directory(settings.general.state_folder);
    settings.general.run_folder = folder;
    settings.listen.lmtp = folder + "/lmtp.sock";
    settings.listen.socketmap = folder + "/socketmap.sock";
    settings.listen.login = folder + "/login.sock";
    settings.listen.quota = folder + "/quota.sock";
    settings.listen.guard = folder + "/guard.sock";
    settings.smtpd.delivery_timeout = std::chrono::seconds(20);
}

World::World()
    : folder_(make_folder()),
      frame(folder_),
      lmtpd(frame.loop(), frame.settings.listen.lmtp),
      socketmap(frame.loop(), frame.settings.listen.socketmap),
      login(frame.loop(), frame.settings.listen.login),
      quota(frame.loop(), frame.settings.listen.quota),
      guard(frame.loop(), frame.settings.listen.guard),
      receiver_(frame) {
    socketmap.start();
    login.start();
    quota.start();
    guard.start();
    lmtpd.start();
    if (!frame.loop().run_until_complete(receiver_.start())) std::abort();
}

void World::stop_receiver() {
    if (!std::exchange(stopped_, true)) run(receiver_.stop());
}

World::~World() {
    stop_receiver();
    run(lmtpd.stop());
    run(socketmap.stop());
    run(login.stop());
    run(quota.stop());
    run(guard.stop());
    std::filesystem::remove_all(folder_);
}

struct World::Play {
    static net::Async<std::string> run(World& world, std::string listener, const Client& client) {
        int fds[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) std::abort();
        net::Loop& loop = world.frame.loop();
        daemon::Connection connection{net::Stream(loop, UniqueFd(fds[0])), *net::Address::from_ip("192.0.2.7", 4711),
                                      *net::Address::from_ip("192.0.2.1", 25), listener, log::SessionLog("test")};
        world.session = &connection.stream;
        net::Scope scope(loop);
        scope.spawn(serve, &world.receiver_, &connection, listener == "submissions");
        std::string output;
        {
            net::Stream stream(loop, UniqueFd(fds[1]));
            output = co_await client(stream);
        }
        co_await scope.join();
        world.session = nullptr;
        co_return output;
    }
};

std::string World::connect(std::string_view listener, const Client& client) {
    return frame.loop().run_until_complete(Play::run(*this, std::string(listener), client));
}

std::string World::talk(std::string_view input, std::string_view listener) {
    const std::string text(input);
    return connect(listener, [&text](net::Stream& stream) { return send_all(stream, text); });
}

std::string World::talk_encrypted(std::string_view input, std::string_view listener) {
    const std::string text(input);
    const bool implicit_tls = listener == "submissions";
    return connect(listener, [&text, implicit_tls](net::Stream& stream) {
        return send_all_encrypted(stream, text, implicit_tls);
    });
}

void World::with_certificate() {
    frame.certificate = *net::TlsContext::server({{self_signed("mx.local.example")}, "TLSv1.2"});
}

std::vector<QueuedMessage> World::queued() {
    const spool::Spool spool = spool::Spool::open(frame.settings.general.spool_folder).value();
    std::vector<QueuedMessage> messages;
    for (const spool::Place& place : spool::places_in(spool, spool::Folder::incoming)) {
        spool::Entry entry = spool.open(place).value();
        messages.push_back({entry.envelope(), spool::message_of(entry).value(), place.name.due});
    }
    return messages;
}

QueuedMessage World::only_queued() {
    const std::vector<QueuedMessage> messages = queued();
    EXPECT_EQ(messages.size(), 1u);
    return messages.empty() ? QueuedMessage() : messages.front();
}

std::vector<story::Event> World::story() {
    stop_receiver();
    std::vector<story::Event> events;
    const std::string incoming = frame.settings.general.state_folder + "/history/incoming";
    for (const auto& segment : std::filesystem::directory_iterator(incoming)) {
        std::ifstream file(segment.path());
        for (std::string line; std::getline(file, line);) events.push_back(story::parse_line(line).value());
    }
    return events;
}

int World::rejects(std::string_view reason) {
    const std::string text = frame.metrics().text();
    for (const std::string_view line : ascii::split(text, '\n')) {
        if (line.starts_with("posthouse_smtp_rejects_total{") &&
            line.contains("reason=\"" + std::string(reason) + "\""))
            return std::stoi(std::string(line.substr(line.rfind(' ') + 1)));
    }
    return 0;
}

std::string codes(std::string_view output) {
    std::string out;
    for (const std::string_view line : ascii::split(output, '\n')) {
        if (line.size() < 4 || line[3] != ' ') continue;
        out.append(out.empty() ? "" : " ").append(line.substr(0, 3));
    }
    return out;
}

}  // namespace posthouse::smtpd
