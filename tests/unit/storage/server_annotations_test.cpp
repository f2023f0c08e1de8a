// The annotations of the server.
#include "storage/server_annotations.h"

#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage {
namespace {

class ServerAnnotations : public ::testing::Test {
  protected:
    TemporaryFolder folder;
    Settings settings = settings_for(folder.path() + "/mail");
    static EntryName entry(std::string_view name) { return EntryName::parse(name).value(); }
};

TEST_F(ServerAnnotations, AreNoneUntilTheAdministratorSetsThem) {
    EXPECT_TRUE(server_annotations(settings)->empty());
    ASSERT_TRUE(set_server_annotation(settings, entry("/shared/admin"), "mailto:postmaster@example.org"));
    ASSERT_TRUE(set_server_annotation(settings, entry("/shared/comment"), "Friday: new disks"));
    EXPECT_EQ(server_annotations(settings)->find(entry("/shared/admin"), {}), "mailto:postmaster@example.org");
    ASSERT_TRUE(set_server_annotation(settings, entry("/shared/comment"), std::nullopt));
    EXPECT_EQ(server_annotations(settings)->all().size(), 1u);
}

TEST_F(ServerAnnotations, PrivateOnesAreRefused) {
    EXPECT_EQ(set_server_annotation(settings, entry("/private/comment"), "x").error().code, ErrorCode::invalid);
    EXPECT_TRUE(server_annotations(settings)->empty());
}

}  // namespace
}  // namespace posthouse::storage
