// Adding messages looks into no folder that has not surely changed, and leaves the doubt to whoever looks next.
#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage {
namespace {

class AddingTest : public MailRoot {
  protected:
    std::vector<std::string> messages() {
        std::vector<std::string> found;
        const std::shared_ptr<Mailbox> mailbox = open();
        for (const MessageRow& row : mailbox->rows(UidSet::all()).value()) found.push_back(content(*mailbox, row.uid));
        return found;
    }
    static std::string message(int number) { return "Subject: " + std::to_string(number) + "\r\n\r\n"; }
    void add(int number) const { append(*account->open_to_add(MailboxName()).value(), message(number)); }
    /// As another program does it: into new/, without a word.
    void deliver(int number) const {
        write("new/100000000" + std::to_string(number) + ".M1P1.other", "Subject: " + std::to_string(number) + "\n\n");
    }
};

TEST_F(AddingTest, WhatWasAddedIsThereForWhoLooks) {
    for (int i = 0; i < 5; ++i) add(i);
    EXPECT_EQ(messages(), (std::vector<std::string>{message(0), message(1), message(2), message(3), message(4)}));
}

TEST_F(AddingTest, WhatOthersDeliverBetweenIsFoundByTheNextLook) {
    add(0);
    deliver(1);
    add(2);
    deliver(3);
    std::vector<std::string> found = messages();
    std::ranges::sort(found);
    EXPECT_EQ(found, (std::vector<std::string>{message(0), message(1), message(2), message(3)}));
    add(4);
    deliver(5);
    EXPECT_EQ(messages().size(), 6u);
}

TEST_F(AddingTest, AMailboxThatIsGoneIsNotFound) {
    const MailboxName name = MailboxName::parse("Sent").value();
    append(*account->open_to_add(name).value(), message(0));
    ASSERT_TRUE(account->remove(name));
    EXPECT_EQ(account->open_to_add(name).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace posthouse::storage
