// Talk: a client that talks to one server of a script.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/net/connect.h"
#include "lib/transfer/conversation.h"
#include "tests/unit/transfer/scripted_server.h"

namespace posthouse::transfer {

class Text final : public Source {
  public:
    explicit Text(std::string text) : text_(std::move(text)) {}
    std::uint64_t size() const override { return text_.size(); }
    net::Async<Result<std::string>> read(std::uint64_t offset) override {
        if (offset >= broken_from) co_return fail(ErrorCode::invalid, "damaged");
        co_return text_.substr(offset, piece);
    }
    std::uint64_t broken_from = ~std::uint64_t{0};

  private:
    std::string text_;
};

inline smtp::Mailbox box(const std::string& address) { return smtp::parse_mailbox(address).value(); }

inline Message message_to(const std::vector<std::string>& recipients) {
    Message message{.sender = box("joe@example.org"), .recipients = {}};
    for (const std::string& one : recipients) message.recipients.push_back({.address = box(one)});
    return message;
}

/// A client that talks to one server of a script.
class Talk : public testing::Test {
  protected:
    void serve(std::vector<Script> scripts, std::shared_ptr<const net::TlsContext> tls = nullptr) {
        server_ = std::make_unique<ScriptedServer>(loop_, std::move(scripts), std::move(tls));
    }
    ~Talk() override {
        conversation_.reset();
        if (!server_) return;
        loop_.run_until_complete(server_->stop());
        EXPECT_EQ(server_->wrong, std::vector<std::string>{});
    }
    void connect() {
        Result<net::Stream> stream = loop_.run_until_complete(net::connect(loop_, server_->address(), soon()));
        ASSERT_TRUE(stream) << stream.error().message();
        conversation_ = std::make_unique<Conversation>(*std::move(stream), terms_);
    }
    Conversation::Done<> open() {
        connect();
        return loop_.run_until_complete(conversation_->open(demand_, credentials_));
    }
    Sent send(const Message& message, const std::string& content = "Subject: x\r\n\r\nhello\r\n") {
        Text text(content);
        return loop_.run_until_complete(conversation_->send(message, text));
    }
    std::vector<int> codes(const Sent& sent) const {
        std::vector<int> out;
        for (const auto& answer : sent.answers) out.push_back(answer ? answer->reply.code : 0);
        return out;
    }

    net::Loop loop_;
    Terms terms_{.protocol = Protocol::smtp, .helo_name = "client.example"};
    TlsDemand demand_;
    const Credentials* credentials_ = nullptr;
    std::unique_ptr<ScriptedServer> server_;
    std::unique_ptr<Conversation> conversation_;
};

inline const Script hello = {"> 220 mx.example ESMTP", "< EHLO client.example"};
inline const std::string plain_ehlo = "> 250-mx.example\r\n250-8BITMIME\r\n250 SIZE 1000";
inline const std::string pipelining_ehlo = "> 250-mx.example\r\n250-PIPELINING\r\n250 SIZE 1000";

inline Script script(std::initializer_list<Script> parts) {
    Script out;
    for (const Script& part : parts) out.insert(out.end(), part.begin(), part.end());
    return out;
}

}  // namespace posthouse::transfer
