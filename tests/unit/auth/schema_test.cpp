// The schema in every engine: made, found newer or older, migrated.
#include "auth/directory/schema.h"

#include <atomic>
#include <thread>

#include "tests/unit/auth/engines.h"

namespace posthouse::auth {
namespace {

class SchemaTest : public EngineTest {};

TEST_P(SchemaTest, AnEmptyDatabaseHasNoTablesYet) {
    EXPECT_TRUE(raw());
    EXPECT_EQ(open_directory(settings()).error().code, ErrorCode::not_found);
    EXPECT_EQ(schema_status(settings())->version, 0);
    EXPECT_EQ(migrate_database(settings()).error().code, ErrorCode::not_found);
    ASSERT_TRUE(init_database(settings()));
    EXPECT_EQ(init_database(settings()).error().code, ErrorCode::exists);
    EXPECT_EQ(schema_status(settings())->version, schema_version());
}

TEST_P(SchemaTest, ANewerSchemaIsRefused) {
    create();
    set_version(1000);
    const auto opened = open_directory(settings());
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::unsupported);
    EXPECT_NE(opened.error().text.find("1000"), std::string::npos);
    EXPECT_EQ(opened.error().text.find('\n'), std::string::npos);
    EXPECT_EQ(create_directory(settings()).error().code, ErrorCode::unsupported);
    EXPECT_EQ(migrate_database(settings()).error().code, ErrorCode::unsupported);
}

TEST_P(SchemaTest, ForeignTablesAreNotTouched) {
    ASSERT_TRUE(raw()->execute("CREATE TABLE songs (id INTEGER)"));
    EXPECT_EQ(init_database(settings()).error().code, ErrorCode::unsupported);
    EXPECT_EQ(schema_status(settings())->version, 0);
    EXPECT_FALSE(raw()->query_number("SELECT count(*) FROM virtual_users"));
}

TEST_P(SchemaTest, AnOlderSchemaIsMigratedWithWhatIsInIt) {
    make_first_version();
    ASSERT_TRUE(raw()->execute("INSERT INTO virtual_domains (name) VALUES ('example.org')"));
    const auto refused = open_directory(settings());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unsupported);
    EXPECT_NE(refused.error().text.find("posthouse db migrate"), std::string::npos);
    ASSERT_TRUE(migrate_database(settings()));
    EXPECT_TRUE(*open()->has_domain("example.org"));
    EXPECT_EQ(raw()->query_number("SELECT count(*) FROM tenants"), 0);
    ASSERT_TRUE(migrate_database(settings()));
}

INSTANTIATE_TEST_SUITE_P(Sqlite, SchemaTest, testing::Values(Engine::sqlite));
INSTANTIATE_TEST_SUITE_P(Mariadb, SchemaTest, testing::Values(Engine::mariadb));

class MariadbMigrationTest : public SchemaTest {};

TEST_P(MariadbMigrationTest, AMigrationThatWasCutShortAnywhereGoesOn) {
    std::vector<std::string> statements;
    for (const SchemaStep& step : schema_steps()) {
        for (const std::string_view statement : step) statements.push_back(in_dialect(GetParam(), statement));
    }
    for (std::size_t done = 0; done <= statements.size(); ++done) {
        settings() = RunningMariadb::shared().make_database();
        const auto connection = raw();
        ASSERT_TRUE(
            connection->execute("CREATE TABLE posthouse_schema (id BIGINT PRIMARY KEY, version BIGINT NOT NULL)"));
        for (std::size_t i = 0; i < done; ++i) ASSERT_TRUE(connection->execute(statements[i])) << statements[i];
        ASSERT_TRUE(init_database(settings())) << done;
        ASSERT_TRUE(open()->add_domain("example.org"));
    }
}

TEST_P(MariadbMigrationTest, TheSchemaIsMadeOnceWhenTwoMakeIt) {
    const auto other = raw();
    ASSERT_EQ(other->query_number("SELECT get_lock('posthouse.migrate', 0)"), 1);
    std::atomic<bool> made = false;
    const auto third = raw();
    std::thread second([&] { made = migrate(*third).has_value(); });
    ASSERT_TRUE(migrate(*other));
    EXPECT_TRUE(other->query_number("SELECT release_all_locks()"));
    second.join();
    EXPECT_TRUE(made);
    EXPECT_TRUE(open()->add_domain("example.org"));
}

INSTANTIATE_TEST_SUITE_P(Mariadb, MariadbMigrationTest, testing::Values(Engine::mariadb));

}  // namespace
}  // namespace posthouse::auth
