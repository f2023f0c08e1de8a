// Writes and reads the bundle of a daemon: JSON, then "\nend <length> <SHA-256>\n".
#include "lib/config/bundle.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include "lib/base/ascii.h"
#include "lib/base/base64.h"
#include "lib/base/file.h"
#include "lib/config/load.h"
#include "lib/config/show.h"

namespace posthouse::config {
namespace {

constexpr std::size_t max_bundle = 64u << 20;
constexpr std::size_t max_certificate = 1u << 20;
constexpr std::array<std::string_view, 4> shared_sections{"general", "tls", "log", "listen"};

std::string sha256(std::string_view bytes) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr);
    std::string out;
    for (unsigned i = 0; i < length; ++i) {
        out += digits[digest.at(i) >> 4];
        out += digits[digest.at(i) & 15];
    }
    return out;
}

std::string closing_record(std::string_view body) {
    return "\nend " + std::to_string(body.size()) + " " + sha256(body) + "\n";
}

Result<std::string> read_whole(int fd) {
    struct stat status{};
    if (::fstat(fd, &status) != 0) return fail_errno("fstat of the bundle", errno);
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size > max_bundle) return fail(ErrorCode::limit, "the bundle is too large");
    std::string bytes(size, '\0');
    std::size_t done = 0;
    while (done < size) {
        const ssize_t n = ::pread(fd, bytes.data() + done, size - done, static_cast<off_t>(done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("pread of the bundle", errno);
        if (n == 0) break;
        done += static_cast<std::size_t>(n);
    }
    bytes.resize(done);
    return bytes;
}

Result<> read_tls_file(std::string_view parameter, const std::string& path, std::map<std::string, std::string>& out) {
    if (path.empty() || out.contains(path)) return {};
    Result<std::string> bytes = read_file(path, max_certificate);
    if (!bytes)
        return fail(bytes.error().code, std::string(parameter) + ": cannot read " + path, bytes.error().message());
    out.emplace(path, std::move(*bytes));
    return {};
}

std::string joined(const Problems& problems) {
    std::string out;
    for (const Problem& problem : problems) {
        if (!out.empty()) out += "; ";
        out += problem.message();
    }
    return out;
}

Result<Bundle> from_descriptor(std::string_view text) {
    const auto fd = ascii::parse_number(text);
    if (!fd || *fd > 1'000'000) return fail(ErrorCode::invalid, std::string(bundle_variable) + " is not a descriptor");
    const int descriptor = static_cast<int>(*fd);
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    Result<std::string> bytes = read_whole(descriptor);
    if (!bytes) return fail(bytes.error());
    return decode_bundle(*bytes);
}

Result<Bundle> from_file(const std::string& path) {
    std::expected<Loaded, Problems> loaded = load_file(path, process_environment());
    if (!loaded) return fail(ErrorCode::invalid, joined(loaded.error()));
    Result<std::map<std::string, std::string>> files = read_tls_files(*loaded->config);
    if (!files) return fail(files.error());
    return Bundle{loaded->config, std::move(*files)};
}

}  // namespace

Result<std::map<std::string, std::string>> read_tls_files(const Config& config) {
    std::map<std::string, std::string> files;
    Result<> read = read_tls_file("tls.certificate", config.tls.certificate, files);
    if (read) read = read_tls_file("tls.key", config.tls.key, files);
    for (const CertificateFiles& one : config.tls.additional) {
        if (read) read = read_tls_file("tls.additional", one.certificate, files);
        if (read) read = read_tls_file("tls.additional", one.key, files);
    }
    if (read) read = read_tls_file("tls.client_ca", config.tls.client_ca, files);
    if (!read) return fail(read.error());
    return files;
}

std::string encode_bundle(const Config& config, const std::vector<std::string_view>& own_sections,
                          const std::map<std::string, std::string>& files) {
    std::vector<std::string_view> names(shared_sections.begin(), shared_sections.end());
    names.insert(names.end(), own_sections.begin(), own_sections.end());
    Node::Table contents;
    for (const auto& [path, bytes] : files) contents.push_back({path, Node{.value = base64::encode(bytes)}});
    Node::Table root;
    root.push_back({"config", to_node(config, names)});
    root.push_back({"files", Node{.value = std::move(contents)}});
    const std::string body = write_json(Node{.value = std::move(root)});
    return body + closing_record(body);
}

Result<Bundle> decode_bundle(std::string_view bytes) {
    const std::size_t end = bytes.size() < 2 ? std::string_view::npos : bytes.rfind('\n', bytes.size() - 2);
    if (end == std::string_view::npos || bytes.substr(end) != closing_record(bytes.substr(0, end)))
        return fail(ErrorCode::invalid, "the bundle is incomplete");
    Result<Node> root = parse_json(bytes.substr(0, end));
    if (!root) return fail(root.error());
    const Node* document = root->find("config");
    const Node* contents = root->find("files");
    if (document == nullptr || document->get<Node::Table>() == nullptr || contents == nullptr ||
        contents->get<Node::Table>() == nullptr)
        return fail(ErrorCode::invalid, "the bundle has another form");

    std::expected<Loaded, Problems> loaded = load_document("bundle", *document, {});
    if (!loaded) return fail(ErrorCode::invalid, joined(loaded.error()));
    Bundle bundle{loaded->config, {}};
    for (const auto& [path, node] : *contents->get<Node::Table>()) {
        const auto* text = node.get<std::string>();
        auto decoded = text == nullptr ? std::nullopt : base64::decode(*text);
        if (!decoded) return fail(ErrorCode::invalid, "the bundle has another form");
        bundle.files.emplace(path, std::move(*decoded));
    }
    return bundle;
}

Result<UniqueFd> create_bundle_file(const std::string& name) {
    const int fd = ::memfd_create(("posthouse-" + name).c_str(), MFD_CLOEXEC);
    if (fd < 0) return fail_errno("memfd_create", errno);
    return UniqueFd(fd);
}

Result<> write_bundle_file(int fd, std::string_view bytes) {
    if (::ftruncate(fd, 0) != 0) return fail_errno("ftruncate of the bundle", errno);
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t n = ::pwrite(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("pwrite of the bundle", errno);
        done += static_cast<std::size_t>(n);
    }
    return {};
}

Result<Bundle> load_for_daemon(int argc, const char* const* argv) {
    if (const char* descriptor = std::getenv(bundle_variable)) return from_descriptor(descriptor);
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument == "--config" && i + 1 < argc) return from_file(argv[i + 1]);
        if (argument.starts_with("--config=")) return from_file(std::string(argument.substr(9)));
    }
    return fail(ErrorCode::invalid, "no configuration: posthoused starts this program, or use --config FILE");
}

}  // namespace posthouse::config
