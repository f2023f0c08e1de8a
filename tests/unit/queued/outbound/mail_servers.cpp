// Debian's mail servers.
#include "tests/unit/queued/outbound/mail_servers.h"

#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "lib/base/file.h"
#include "lib/net/address.h"
#include "tests/unit/child_process.h"

namespace posthouse::queued {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds patience{60};
constexpr uid_t user = 64321;  // of the server, which nobody else has

/// The shell stays: with it, the first process of the namespace, all end.
constexpr const char* enter = R"(set -e
mount -t overlay -o ro,lowerdir="$1/usr:/usr" overlay /usr
mount -t overlay -o ro,lowerdir="$2:$1/etc:/etc" overlay /etc
shift 2
"$@"
exit $?
)";

constexpr const char* postfix_master = R"(
127.0.0.1:PORT inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
)";

constexpr const char* postfix_main = R"(
compatibility_level = 3.6
queue_directory = FOLDER/queue
data_directory = FOLDER/data
maillog_file = FOLDER/log
maillog_file_prefixes = FOLDER
inet_protocols = ipv4
myhostname = mx.example
mydestination =
alias_maps =
mynetworks =
smtpd_tls_security_level = may
smtpd_tls_cert_file = /etc/postfix/certificate.pem
smtpd_tls_key_file = /etc/postfix/key.pem
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = check_recipient_access inline:{nobody@=REJECT}
smtpd_tls_received_header = yes
smtpd_error_sleep_time = 0
smtputf8_enable = yes
virtual_mailbox_maps = static:inbox/
virtual_mailbox_base = FOLDER/mail
virtual_uid_maps = static:64321
virtual_gid_maps = static:64321
message_size_limit = 100000000
virtual_mailbox_limit = 0
)";

constexpr const char* exim_conf = R"(
primary_hostname = mx.example
spool_directory = FOLDER/spool
log_file_path = FOLDER/spool/%slog
daemon_smtp_ports = PORT
local_interfaces = 127.0.0.1
tls_advertise_hosts = *
tls_certificate = /etc/exim4/certificate.pem
tls_privatekey = /etc/exim4/key.pem
auth_advertise_hosts = ${if def:tls_in_cipher {*}{}}
acl_smtp_rcpt = rcpt
chunking_advertise_hosts = *
smtputf8_advertise_hosts = *
dsn_advertise_hosts = *
message_size_limit = 100M
begin acl
rcpt:
  accept authenticated = *
  deny message = relay not permitted
begin routers
all:
  driver = accept
  transport = files
begin transports
files:
  driver = appendfile
  directory = FOLDER/mail/inbox
  maildir_format
  create_directory
  user = Debian-exim
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if and{{eq{$auth2}{joe}}{eq{$auth3}{secret}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${if and{{eq{$auth1}{joe}}{eq{$auth2}{secret}}}}
  server_set_id = $auth1
)";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
        text.replace(at, what.size(), by);
    return text;
}

bool runs(const std::vector<std::string>& words, const std::string& output) {
    const pid_t pid = spawn_program(words, output);
    int status = 0;
    return pid > 0 && ::waitpid(pid, &status, 0) == pid && status == 0;
}

}  // namespace

MailServer::~MailServer() {
    if (pid_ <= 0) return;
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

void MailServer::give_up(const std::string& what) const {
    std::fprintf(stderr, "%s\n%s\n", what.c_str(), log().c_str());
    std::abort();
}

std::string MailServer::log() const {
    std::string text;
    for (const char* name : {"/output", "/log", "/spool/mainlog"}) text += read_file(folder() + name).value_or("");
    return text;
}

std::string MailServer::unpacked(const std::string& package) const {
    const std::string all = std::string(POSTHOUSE_SOURCE) + "/build/unpacked";
    if (!fs::is_directory(all + "/" + package)) {
        const std::string command =
            std::string(". '") + POSTHOUSE_SOURCE + "/packaging/packages.sh'; unpack_packages '" + all + "' " + package;
        if (!runs({"sh", "-euc", command}, folder() + "/output")) give_up("cannot unpack " + package);
    }
    return all + "/" + package;
}

void MailServer::start(const std::vector<std::string>& words) {
    pid_ = spawn_program(words, folder() + "/output");
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (pid_ > 0 && std::chrono::steady_clock::now() < deadline) {
        if (greets()) return;
        if (::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = 0;
    }
    give_up("does not start: " + words.front());
}

bool MailServer::greets() const {
    const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval wait{1, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    sockaddr_storage storage{};
    const socklen_t length = net::Address::from_ip(host_, port_)->to_sockaddr(storage);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&storage), length) != 0) {
        ::poll(nullptr, 0, 5);  // don't keep the processor from the server
        return false;
    }
    char bytes[3];
    return ::recv(socket.get(), bytes, sizeof bytes, MSG_WAITALL) == 3 && bytes[0] == '2';
}

std::vector<std::string> MailServer::messages() const {
    std::vector<std::string> out;
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(folder() + "/mail", error)) {
        const bool under_way = entry.path().parent_path().filename() == "tmp";
        if (entry.is_regular_file(error) && !under_way) out.push_back(read_file(entry.path(), 200u << 20).value_or(""));
    }
    return out;
}

std::vector<std::string> MailServer::wait_for_messages(std::size_t count) const {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < deadline) {
        std::vector<std::string> found = messages();
        if (found.size() >= count) return found;
        ::poll(nullptr, 0, 5);
    }
    give_up("messages that did not come");
}

Sink::Sink(const std::vector<std::string>& options, const std::string& host, std::uint16_t port)
    : MailServer(host, port != 0 ? port : free_tcp_port()) {
    const std::string package = unpacked("postfix");
    fs::create_directory(folder() + "/mail");
    ::chmod((folder() + "/mail").c_str(), 0777);
    ::chmod(folder().c_str(), 0755);
    std::vector<std::string> words = {"env", "LD_LIBRARY_PATH=" + package + "/usr/lib/postfix",
                                      package + "/usr/sbin/smtp-sink", "-d", folder() + "/mail/m."};
    if (::geteuid() == 0) words.insert(words.end(), {"-u", "nobody"});
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), {host + ":" + std::to_string(this->port()), "100"});
    start(words);
}

std::string why_no_mta_here() {
    if (::geteuid() != 0) return "Postfix and Exim are started by root";
    const TemporaryFolder folder;
    const bool can =
        runs({"unshare", "--mount", "mount", "-t", "overlay", "-o", "ro,lowerdir=/etc:/usr", "overlay", "/etc"},
             folder.path() + "/output");
    return can ? "" : "namespaces with an overlay can't be made here";
}

Mta::Mta(Kind kind, const std::map<std::string, std::string>& files, std::uint16_t port)
    : MailServer("127.0.0.1", port) {
    const bool postfix = kind == Kind::postfix;
    const std::string package = unpacked(postfix ? "postfix" : "exim4-daemon-heavy");
    const std::string name = postfix ? "postfix" : "Debian-exim";
    const std::string etc = folder() + "/etc";
    const std::string own = etc + (postfix ? "/postfix" : "/exim4");
    fs::create_directories(own);
    ::chmod(folder().c_str(), 0755);
    for (const auto& [file, content] : files)
        std::ofstream(own + "/" + file) << replaced(replaced(content, "PORT", std::to_string(port)), "FOLDER",
                                                    folder());
    const std::string id = std::to_string(user);
    std::ofstream(etc + "/passwd") << *read_file("/etc/passwd") << name << ":x:" << id << ":" << id
                                   << "::/nonexistent:/usr/sbin/nologin\n";
    std::ofstream(etc + "/group") << *read_file("/etc/group") << name << ":x:" << id << ":\npostdrop:x:" << user + 1
                                  << ":\n";
    for (const char* owned : {"/data", "/spool", "/mail"}) {
        fs::create_directory(folder() + owned);
        if (::chown((folder() + owned).c_str(), user, user) != 0) give_up("chown");
    }
    if (postfix) fs::create_directory(folder() + "/queue");
    std::vector<std::string> words = {"setpriv",      "--pdeathsig=KILL",
                                      "unshare",      "--mount",
                                      "--pid",        "--fork",
                                      "--kill-child", "--mount-proc",
                                      "sh",           "-c",
                                      enter,          "enter",
                                      package,        etc};
    if (postfix)
        words.insert(words.end(), {"postfix", "start-fg"});
    else
        words.insert(words.end(), {"exim4", "-bdf"});
    start(words);
}

std::map<std::string, std::string> postfix_files(const std::string& domains, const std::string& certificate_pem,
                                                 const std::string& key_pem, const std::string& more) {
    return {{"master.cf", postfix_master},
            {"main.cf", postfix_main + ("virtual_mailbox_domains = " + domains + "\n" + more + "\n")},
            {"certificate.pem", certificate_pem},
            {"key.pem", key_pem}};
}

std::map<std::string, std::string> exim_files(const std::string& certificate_pem, const std::string& key_pem) {
    return {{"exim4.conf", exim_conf}, {"certificate.pem", certificate_pem}, {"key.pem", key_pem}};
}

}  // namespace posthouse::queued
