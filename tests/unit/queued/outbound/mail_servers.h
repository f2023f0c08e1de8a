// Debian's mail servers, each of a test's own and on a free port: Postfix's smtp-sink, Postfix, and Exim.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/unit/temporary_folder.h"

namespace posthouse::queued {

/// A process that listens for SMTP. Its packages are unpacked below build/unpacked (packaging/packages.sh).
class MailServer {
  public:
    MailServer(const MailServer&) = delete;
    MailServer& operator=(const MailServer&) = delete;
    ~MailServer();

    std::uint16_t port() const { return port_; }
    /// The messages that it has stored, once there are `count` of them: whole files. Ends the process when they don't
    /// come.
    std::vector<std::string> wait_for_messages(std::size_t count) const;
    std::string log() const;

  protected:
    explicit MailServer(std::string host, std::uint16_t port) : host_(std::move(host)), port_(port) {}
    void start(const std::vector<std::string>& words);
    const std::string& folder() const { return folder_.path(); }
    [[noreturn]] void give_up(const std::string& what) const;
    /// Where the package lies, unpacked now if it wasn't.
    std::string unpacked(const std::string& package) const;

  private:
    bool greets() const;
    std::vector<std::string> messages() const;

    TemporaryFolder folder_;
    std::string host_;
    std::uint16_t port_ = 0;
    pid_t pid_ = 0;
};

/// smtp-sink: takes everything, or refuses what its options say (smtp-sink(1)).
class Sink final : public MailServer {
  public:
    explicit Sink(const std::vector<std::string>& options = {}, const std::string& host = "127.0.0.1",
                  std::uint16_t port = 0);
};

/// What keeps Postfix and Exim from running here; empty: nothing.
std::string why_no_mta_here();

/// A whole Postfix or Exim, in a namespace whose /usr and /etc show its files and users; takes root. In `files`, below
/// /etc/postfix or /etc/exim4, PORT and FOLDER stand for the port and a folder of the server's own; what it stores in
/// FOLDER/mail are its messages.
class Mta final : public MailServer {
  public:
    enum class Kind { postfix, exim };
    Mta(Kind kind, const std::map<std::string, std::string>& files, std::uint16_t port);
};

/// A Postfix that takes mail for everybody at `domains`, but not for nobody@…, with TLS by that certificate. `more`:
/// lines of main.cf.
std::map<std::string, std::string> postfix_files(const std::string& domains, const std::string& certificate_pem,
                                                 const std::string& key_pem, const std::string& more = "");
/// An Exim that takes mail for everybody from who logs in within TLS, as joe with the password "secret", by PLAIN or
/// LOGIN.
std::map<std::string, std::string> exim_files(const std::string& certificate_pem, const std::string& key_pem);

}  // namespace posthouse::queued
