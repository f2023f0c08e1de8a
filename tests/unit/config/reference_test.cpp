// docs/configuration.md is generated; it must be what the table says now.
#include <gtest/gtest.h>

#include "lib/base/file.h"
#include "lib/config/show.h"

namespace posthouse::config {
namespace {

TEST(Reference, InDocsIsWhatTheTableGenerates) {
    const Result<std::string> file = read_file(POSTHOUSE_SOURCE "/docs/configuration.md");
    ASSERT_TRUE(file) << file.error().message();
    EXPECT_EQ(*file, reference()) << "run `ninja -C BUILD reference` and commit docs/configuration.md";
}

TEST(Reference, EveryParameterIsDocumentedAsASentence) {
    for (const Parameter& parameter : parameters()) {
        EXPECT_TRUE(parameter.documentation.ends_with('.')) << parameter.full_name();
        EXPECT_EQ(parameter.documentation.find('|'), std::string_view::npos) << parameter.full_name();
    }
}

}  // namespace
}  // namespace posthouse::config
