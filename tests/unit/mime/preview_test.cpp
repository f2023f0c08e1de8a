// Tests of lib/mime/preview.h.
#include "lib/mime/preview.h"

#include <gtest/gtest.h>

#include "lib/base/ascii.h"

namespace posthouse::mime {
namespace {

/// Of a message of one part with these header lines.
std::string shown(const std::string& header, const std::string& body) {
    const Structure structure = parse_structure(header + "\n\n" + body);
    return preview(structure.root(), body);
}
std::string plain(const std::string& body) { return shown("Content-Type: text/plain; charset=utf-8", body); }
std::string html(const std::string& body) { return shown("Content-Type: text/html; charset=utf-8", body); }

TEST(Preview, WhiteSpaceIsOneSpace) {
    EXPECT_EQ(plain("\r\n\r\n  Dear \tBob,\r\n\r\nhello \xC2\xA0 there.\r\n"), "Dear Bob, hello there.");
    EXPECT_EQ(plain(" \r\n\t"), "");
    EXPECT_EQ(plain(""), "");
}

TEST(Preview, TextIsDecoded) {
    EXPECT_EQ(shown("Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable",
                    "Gr=FC=\r\n=DFe"),
              "Grüße");
    EXPECT_EQ(shown("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64", "R3LDvMOf\r\nZQ=="),
              "Grüße");
    EXPECT_EQ(shown("Content-Type: text/plain; charset=unheard-of", "Gr\xFC\xDF"), "Grüß");
}

TEST(Preview, ItHasTwoHundredCharactersHoweverManyBytes) {
    std::string text;
    for (int i = 0; i < 5000; ++i) text += "ü";
    EXPECT_EQ(plain(text), text.substr(0, 2 * max_preview));
    EXPECT_EQ(plain(std::string(50'000, ' ') + text), text.substr(0, 2 * max_preview));
    EXPECT_EQ(plain(std::string(max_preview - 1, 'x') + " yz"), std::string(max_preview - 1, 'x') + " ");
}

TEST(Preview, TextThatEndsInsideACharacterIsStillUtf8) {
    EXPECT_EQ(shown("Content-Type: text/plain", "gr\xC3\xBC\xC3"), "grü");
    EXPECT_EQ(shown("Content-Type: text/plain", "\xE2\x82\xAC\xE2\x82"), "€");
}

TEST(Preview, InvisibleCharactersAreLeftOut) {
    EXPECT_EQ(plain("\xEF\xBB\xBFHel\xC2\xADlo\xE2\x80\x8B\xCD\x8F\xE2\x80\x8C there\x01"), "Hello there");
}

TEST(Preview, HtmlIsReadWithoutItsMarks) {
    EXPECT_EQ(html("<!DOCTYPE html><html><head><title>T</title><style>p{x}</style></head><body><!-- no -->"
                   "<p>Dear<br>Bob</p><script>if (a</b) x()</script><p>im<b>port</b>ant&nbsp;&amp; "
                   "&lt;good&gt; &#8364;5 &#xe4;</p></body></html>"),
              "Dear Bob important & <good> €5 ä");
    EXPECT_EQ(html("a < b & c &unknown; &#xD800; &#x110000;"), "a < b & c &unknown; &#x110000;");
}

TEST(Preview, UnclosedHtmlEnds) {
    EXPECT_EQ(html("seen <p unclosed"), "seen");
    EXPECT_EQ(html("seen <!-- never closed"), "seen");
    EXPECT_EQ(html("seen <style> never closed </styl"), "seen");
    std::string many;
    for (int i = 0; i < 20'000; ++i) many += "<style></";
    EXPECT_EQ(html(many), "");
}

}  // namespace
}  // namespace posthouse::mime
