// Markdown as man(7).
#include "manual/roff.h"

#include <gtest/gtest.h>

namespace posthouse::manual {
namespace {

TEST(Roff, TextIsNeverARequestOrAnEscape) {
    EXPECT_EQ(literal("--yes a\\b 'c' `d` ~ ^"), "\\-\\-yes a\\eb \\(aqc\\(aq \\(gad\\(ga \\(ti \\(ha");
    EXPECT_EQ(literal("Entwürfe, §5, \xff"), "Entw\\[u00FC]rfe, \\[u00A7]5, \\[uFFFD]");
    EXPECT_EQ(blocks(".domain stands for what lies below"), ".PP\n\\&.domain stands for what lies below\n");
    EXPECT_EQ(blocks("'x'"), ".PP\n\\(aqx\\(aq\n");
    EXPECT_EQ(example(".local\n'\n"), ".RS 4\n.EX\n\\&.local\n\\(aq\n.EE\n.RE\n");
}

TEST(Roff, CodeIsBoldAndLinksAreText) {
    EXPECT_EQ(spans("Asks `posthouse who`, as\nin [history](history.md), each `a`."),
              "Asks \\fBposthouse who\\fR, as in history, each \\fBa\\fR.");
    EXPECT_EQ(spans("section [smtpd] and [[x]](y), one ` alone"), "section [smtpd] and [x], one \\(ga alone");
}

TEST(Roff, ListsWithTermsAndWithout) {
    EXPECT_EQ(blocks("- `HUP`: reads\n  it again\n- plain `x`\n"),
              ".TP\n\\fBHUP\\fR\nReads it again\n.IP \\(bu 3\nplain \\fBx\\fR\n");
}

TEST(Roff, ParagraphsAreSeparatedByEmptyLines) { EXPECT_EQ(blocks("a\nb\n\n\nc"), ".PP\na b\n.PP\nc\n"); }

TEST(Roff, ExamplesKeepTheirLines) {
    EXPECT_EQ(blocks("So:\n```toml\n[log]\n\n- `x`: y\n```\nthen"),
              ".PP\nSo:\n.PP\n.RS 4\n.EX\n[log]\n\n\\- \\(gax\\(ga: y\n.EE\n.RE\n.PP\nthen\n");
}

}  // namespace
}  // namespace posthouse::manual
