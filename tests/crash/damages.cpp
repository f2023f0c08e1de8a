// The damages. INBOX holds the messages seen, plain, flagged, draft and pending (the last not claimed), Archive old.
#include "tests/crash/damages.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>

#include "tests/crash/system_calls.h"

namespace posthouse::storage::crash {

namespace fs = std::filesystem;

namespace {

/// A folder lies in a small file's place.
std::function<void(const Victim&)> folder_instead(const std::string& name) {
    return [name](const Victim& v) {
        fs::remove(v.root + "/" + name);
        fs::create_directory(v.root + "/" + name);
        v.write(name + "/inside", "x");
    };
}

}  // namespace

std::vector<Damage> damaged_lists() {
    const auto replace_header = [](const std::string& header) {
        return [header](const Victim& v) { v.edit_list([&](auto& lines) { lines.at(0) = header; }); };
    };
    return {
        {"ListCutInALine",
         [](const Victim& v) { v.write("dovecot-uidlist", v.read("dovecot-uidlist").substr(0, 100)); }, false},
        {"ListCutInTheHeader", [](const Victim& v) { v.write("dovecot-uidlist", "3 V17"); }, false},
        {"ListEmpty", [](const Victim& v) { v.write("dovecot-uidlist", ""); }, false},
        {"ListGone", [](const Victim& v) { fs::remove(v.root + "/dovecot-uidlist"); }, false},
        {"ListOfAForeignVersion", replace_header("9 V1 N2 Gx"), false},
        {"ListWithoutValidity", replace_header("3 N9 Gx"), false},
        {"ListWithHugeNumbers", replace_header("3 V99999999999 N99999999999 Gx"), false},
        {"ListOfNulBytes", [](const Victim& v) { v.write("dovecot-uidlist", std::string(5000, '\0')); }, false},
        {"ListWithDoubleUid",
         [](const Victim& v) {
             v.edit_list([](auto& lines) {
                 lines.at(3) = lines.at(2).substr(0, lines.at(2).find(' ')) + lines.at(3).substr(lines.at(3).find(' '));
             });
         },
         false},
        {"ListDescends", [](const Victim& v) { v.edit_list([](auto& lines) { std::swap(lines.at(2), lines.at(4)); }); },
         false},
        {"ListNamesAMessageTwice",
         [](const Victim& v) {
             v.edit_list([](auto& lines) { lines.push_back("40" + lines.at(1).substr(lines.at(1).find(' '))); });
         },
         false},
        {"ListHasSenselessLines",
         [](const Victim& v) {
             v.edit_list([](auto& lines) {
                 lines.insert(lines.begin() + 2, {"", "x", "-1 :a", "2", "3 :", ":", std::string(100'000, 'y')});
             });
         }},
        {"ListWithoutLastLineEnd",
         [](const Victim& v) {
             std::string text = v.read("dovecot-uidlist");
             text.pop_back();
             v.write("dovecot-uidlist", text);
         },
         false},
        {"ListUsedUpAllUids",
         [](const Victim& v) { v.edit_list([](auto& lines) { lines.push_back("4294967295 :1.M1P1.gone"); }); }, false},
        {"ListWillGiveNoMoreUids", replace_header("3 V1795398254 N4294967295 G3c7952266d9a036b113c000083ecc375"),
         false},
        {"ListOfGarbage",
         [](const Victim& v) {
             std::string garbage;
             for (std::uint32_t seed = 1; garbage.size() < (8u << 20); seed = seed * 1664525 + 1013904223)
                 garbage += static_cast<char>(seed >> 24);
             v.write("dovecot-uidlist", garbage);
         },
         false},
        {"ListWithGarbageBehindItsHeader",
         [](const Victim& v) {
             v.edit_list([](auto& lines) {
                 std::string garbage;
                 for (std::uint32_t seed = 1; garbage.size() < (8u << 20); seed = seed * 1664525 + 1013904223)
                     garbage += static_cast<char>(seed >> 24);
                 lines.insert(lines.begin() + 1, garbage);
                 lines.insert(lines.begin() + 2, std::string(8u << 20, 'x'));
             });
         },
         false},
        {"ListOfVersionOne",
         [](const Victim& v) {
             v.edit_list([](auto& lines) {
                 const std::string validity = lines.at(0).substr(3, lines.at(0).find(' ', 3) - 3);
                 lines.at(0) = "1 " + validity + " 50";
                 for (std::size_t i = 1; i < lines.size(); ++i)
                     lines[i] = lines[i].substr(0, lines[i].find(' ')) + " " + lines[i].substr(lines[i].find(" :") + 2);
             });
         }},

        {"ListIsADanglingLink", [](const Victim& v) { v.link("nowhere", "dovecot-uidlist"); }, false},
        {"LockOfALostProcess",
         [](const Victim& v) {
             v.write("dovecot-uidlist.lock", "4242:elsewhere");
             shift_clock(1000);
         }},
    };
}

std::vector<Damage> damaged_messages() {
    const auto new_name = [](const std::string& token, const std::function<std::string(const std::string&)>& change) {
        return [=](const Victim& v) { v.rename("cur/" + v.file_of(token), "cur/" + change(v.file_of(token))); };
    };
    const auto size_in = [](const std::string& name, const std::string& key, const std::string& value) {
        const auto at = name.find("," + key + "=") + 3;
        return name.substr(0, at) + value + name.substr(name.find_first_of(",:", at));
    };
    const std::string long_base = std::string(250, 'b');
    return {
        {"WrongS", new_name("seen", [=](const std::string& name) { return size_in(name, "S", "1"); }), false},
        {"WrongW", new_name("seen", [=](const std::string& name) { return size_in(name, "W", "7"); }), false},
        {"HugeS",
         new_name("seen", [=](const std::string& name) { return size_in(name, "S", "99999999999999999999999"); }),
         false},
        {"NoSizes",
         new_name("seen", [](const std::string& name) { return "123.x.host" + name.substr(name.find(':')); }), false},
        {"FlagsOutOfOrder",
         new_name("seen", [](const std::string& name) { return name.substr(0, name.find(':')) + ":2,TSS"; }),
         true,
         {},
         0,
         false},
        {"FlagsNobodyKnows",
         new_name("seen", [](const std::string& name) { return name + "XYZ{~"; }),
         true,
         {},
         0,
         false},
        {"NamesOfAllKinds",
         [=](const Victim& v) {
             int n = 0;
             for (const std::string& name :
                  {std::string("1.latin-\xe9\xe8.host"), std::string("2.wei\xc3\x9f.host:2,S"),
                   std::string("3.a b c.host:2,"), std::string("nodots"), std::string("4.x.host:2,:2,S"),
                   std::string("5.x.host:1,S"), long_base, long_base.substr(1) + ":2,SF"})
                 v.write_message("cur/" + name, "extra" + std::to_string(++n));
         },
         true,
         {"extra1", "extra2", "extra3", "extra4", "extra5", "extra6", "extra7", "extra8"}},
        {"NameWithLineEnd", [](const Victim& v) { v.write_message("cur/1.x\ny.host:2,S", "unseen"); }},
        {"NameIsOnlyFlags", [](const Victim& v) { v.write_message("cur/:2,S", "unseen"); }},
        {"FolderNamedLikeAMessage",
         [](const Victim& v) { fs::create_directory(v.root + "/cur/1.x.host,S=4,W=5:2,S"); }},
        {"DanglingLinkAmongMessages", [](const Victim& v) { v.link("nowhere", "cur/1.x.host,S=4,W=5:2,S"); }},
        {"LoopOfLinksAmongMessages", [](const Victim& v) { v.link("1.x.host:2,S", "cur/1.x.host:2,S"); }},
        {"LinkToAMessageElsewhere",
         [](const Victim& v) {
             v.write_message("elsewhere", "foreign");
             v.link("../elsewhere", "cur/1.x.host:2,S");
         }},
        {"LinkToADevice", [](const Victim& v) { v.link("/dev/zero", "new/1.x.host"); }},
        {"FifosAmongMessages",
         [](const Victim& v) {
             ASSERT_EQ(::mkfifo((v.root + "/cur/1.x.host:2,S").c_str(), 0600), 0);
             ASSERT_EQ(::mkfifo((v.root + "/new/2.x.host").c_str(), 0600), 0);
         }},
        {"SocketAmongMessages",
         [](const Victim& v) {
             const int listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
             sockaddr_un address{};
             address.sun_family = AF_UNIX;
             const std::string path = v.root + "/cur/1.x.host:2,S";
             ASSERT_LT(path.size(), sizeof address.sun_path);
             std::ranges::copy(path, address.sun_path);
             ASSERT_EQ(::bind(listening, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
             ::close(listening);
         }},
        {"OneMessageInNewAndCur",
         [](const Victim& v) {
             const std::string name = v.file_of("seen");
             fs::create_hard_link(v.root + "/cur/" + name, v.root + "/new/" + name.substr(0, name.find(':')));
         }},
        {"OneMessageTwiceInCur",
         [](const Victim& v) {
             const std::string name = v.file_of("seen");
             fs::create_hard_link(v.root + "/cur/" + name, v.root + "/cur/" + name.substr(0, name.find(':')) + ":2,FS");
         }},
        {"OneNameForTwoMessagesInNewAndCur",
         [](const Victim& v) {
             const std::string name = v.file_of("seen");
             v.write_message("new/" + name.substr(0, name.find(':')), "double");
         },
         true,
         {"double"}},
        {"OneNameForTwoMessagesInCur",
         [](const Victim& v) {
             const std::string name = v.file_of("seen");
             v.write_message("cur/" + name.substr(0, name.find(':')) + ":2,F", "double");
         },
         true,
         {"double"}},
        {"OneNameForFiveMessages",
         [](const Victim& v) {
             const std::string name = v.file_of("seen");
             const std::string base = name.substr(0, name.find(':'));
             v.write_message("new/" + base, "double1");
             for (const char* flags : {"F", "RS", "T", "D"})
                 v.write_message("cur/" + base + ":2," + flags, std::string("double") + flags);
             // One of them is what a claim would call the one in new/.
             v.write_message("cur/" + base + ":2,", "double2");
         },
         true,
         {"double1", "double2", "doubleF", "doubleRS", "doubleT", "doubleD"}},
        {"OneNameWithoutAnyUid",
         [](const Victim& v) {
             v.write_message("new/1.x.host", "one");
             v.write_message("cur/1.x.host:2,S", "two");
             v.write_message("cur/1.x.host:2,", "three");
         },
         true,
         {"one", "two", "three"}},
        {"LoopOfFolders",
         [](const Victim& v) {
             fs::create_directory_symlink(".", v.root + "/.Loop");
             fs::create_directory_symlink(".Other", v.root + "/.Other");
         },
         true,
         {},
         0},
        {"EmptyMessage", [](const Victim& v) { v.write("cur/1.x.host:2,", ""); }, true, std::set<std::string>{""}},

        {"TimesOfAnotherAge",
         [](const Victim& v) {
             const timespec far[2] = {{-86400L * 365, 0}, {86400L * 365 * 200, 0}};
             const timespec early[2] = {{1, 0}, {-5, 0}};
             for (const char* name : {"/cur", "/new", "/dovecot-uidlist"})
                 ASSERT_EQ(::utimensat(AT_FDCWD, (v.root + name).c_str(), far, 0), 0);
             ASSERT_EQ(::utimensat(AT_FDCWD, (v.root + "/cur/" + v.file_of("seen")).c_str(), early, 0), 0);
         }},
    };
}

std::vector<Damage> damaged_folders() {
    return {
        {"NoNew", [](const Victim& v) { fs::remove_all(v.root + "/.Archive/new"); }},
        {"NoTmp",
         [](const Victim& v) {
             fs::remove_all(v.root + "/tmp");
             fs::remove_all(v.root + "/.Archive/tmp");
         }},
        {"NoCurInAMailbox", [](const Victim& v) { fs::remove_all(v.root + "/.Sent/cur"); }},
        {"EmptyFolderAsMailbox", [](const Victim& v) { fs::create_directory(v.root + "/.Empty"); }},
        {"FileWhereAMailboxWouldBe", [](const Victim& v) { v.write(".File", "x"); }},
        {"LinksToTheMailOfOthers",
         [](const Victim& v) {
             fs::create_directories(v.root + "/../others/cur");
             v.link("../others", ".Linked");
             v.link("../others/cur", "link");
         }},
        {"FoldersWithSenselessNames",
         [](const Victim& v) {
             for (const char* name :
                  {"/..", "/.&&&", "/.a..b", "/.\xff\xfe", "/.INBOX", "/.1.M2P3.host,S=4,W=5:2,S", "/.x\ny"})
                 ::mkdir((v.root + name).c_str(), 0700);
         }},
        {"KeywordsAreJunk",
         [](const Victim& v) {
             v.write("dovecot-keywords",
                     std::string("0 Kept\n99 Far\nx y\n1\n2 bad(name\n3 \xff\n\n0 Again\n") + '\0' + "4 Good\n");
         },
         true,
         {},
         0,
         false},
        {"KeywordsAreGone", [](const Victim& v) { fs::remove(v.root + "/dovecot-keywords"); }, true, {}, 0, false},
        {"KeywordsAreADanglingLink",
         [](const Victim& v) { v.link("nowhere", "dovecot-keywords"); },
         true,
         {},
         0,
         false},
        {"KeywordsAreAFifo",
         [](const Victim& v) {
             fs::remove(v.root + "/dovecot-keywords");
             ASSERT_EQ(::mkfifo((v.root + "/dovecot-keywords").c_str(), 0600), 0);
         },
         true,
         {},
         0,
         false},
        {"KeywordsAreAFolder", folder_instead("dovecot-keywords"), true, {}, 0, false},
        {"KeywordsAreHuge",
         [](const Victim& v) {
             v.write("dovecot-keywords", v.read("dovecot-keywords") + std::string(1u << 20, 'x') + "\n");
         }},
        {"FurtherKeywordsAreJunk",
         [](const Victim& v) {
             v.write("posthouse-keywords", std::string("00000000 K 26 x\n\n\n0 M\nzzzzzzzz M 26 :x\n") +
                                               std::string(100'000, '\0') + "\n" + std::string(100'000, 'M'));
         },
         true,
         {},
         0,
         false},
        {"FurtherKeywordsAreGone",
         [](const Victim& v) { fs::remove(v.root + "/posthouse-keywords"); },
         true,
         {},
         0,
         false},
        {"FurtherKeywordsAreADanglingLink",
         [](const Victim& v) { v.link("nowhere", "posthouse-keywords"); },
         true,
         {},
         0,
         false},
        {"FurtherKeywordsAreAFolder",
         [](const Victim& v) {
             fs::remove(v.root + "/posthouse-keywords");
             fs::create_directory(v.root + "/posthouse-keywords");
         },
         true,
         {},
         0,
         false},
        {"FurtherKeywordsHaveNoEnd",
         [](const Victim& v) { fs::resize_file(v.root + "/posthouse-keywords", std::uintmax_t{1} << 36); }},
        {"FurtherKeywordsHaveTornAndSenselessLines",
         [](const Victim& v) {
             v.write("posthouse-keywords", "x\n" + v.read("posthouse-keywords") + "00000000 M 27 :x\n0123");
         }},
        {"SubscriptionsAreAFifo",
         [](const Victim& v) {
             fs::remove(v.root + "/subscriptions");
             ASSERT_EQ(::mkfifo((v.root + "/subscriptions").c_str(), 0600), 0);
         }},
        {"SubscriptionsAreJunk",
         [](const Victim& v) {
             v.write("subscriptions", std::string("V\t2\n\nArchive\n\xff\xfe\n&&&\n\t\t\n") +
                                          std::string(100'000, 'x') + '\0' + "\nSent");
         }},
        {"SubscriptionsAreAFolder", folder_instead("subscriptions")},
        {"SubscriptionsAreHuge", [](const Victim& v) { v.write("subscriptions", std::string(100u << 20, 'x')); }},
        {"SubscriptionsAreTooMany",
         [](const Victim& v) {
             std::string text = "V\t2\n\n";
             for (int i = 0; i < 100'001; ++i) text += "Name" + std::to_string(i) + "\n";
             v.write("subscriptions", text);
         }},
        {"AccessListIsAFolder", folder_instead("dovecot-acl")},
        {"SubscriptionsAreADanglingLink", [](const Victim& v) { v.link("nowhere", "subscriptions"); }},
        {"AnnotationsAreJunk",
         [](const Victim& v) {
             v.write("posthouse-metadata", std::string("posthouse-metadata 1\n/shared/a\t\n\xff\t\t\\x5\nend") + '\0');
             v.write(".Archive/posthouse-metadata", std::string(6u << 20, 'x'));
             v.link("nowhere", "posthouse-account-metadata");
             fs::create_directory(v.root + "/.Sent/posthouse-metadata");
             ::mkfifo((v.root + "/.Junk/posthouse-metadata").c_str(), 0600);
         }},
        {"AccessListIsJunk",
         [](const Victim& v) {
             v.write("dovecot-acl", std::string("user=\nbogus\n\"open lr\n") + '\0' + std::string(100'000, 'x'));
             v.link("nowhere", ".Archive/dovecot-acl");
             // A fresh one of another host would be honoured.
             v.write("dovecot-acl.lock", "4242:elsewhere");
             shift_clock(600);
         }},
        {"ValidityIsJunk",
         [](const Victim& v) {
             v.write("dovecot-uidvalidity", "zzzz");
             v.write("dovecot-uidvalidity.zzzzzzzz", "");
             v.write("dovecot-uidvalidity.00000001", "");
         }},
        {"IntentOfARenameIsJunk",
         [](const Victim& v) {
             v.write("posthouse-rename", std::string("\t\n.No\n.No\t.Where\n../x\t../y\n") + '\0');
         }},
        {"IntentOfARenameLeadsOut",
         [](const Victim& v) {
             fs::create_directories(v.root + "/../others/.Given");
             v.link("../others", "link");
             v.write("posthouse-rename",
                     "link/.Given\t.Stolen\n.Archive\tlink/.Archive\n.Archive\t../others/.Archive\n" +
                         std::string(300, 'x') + "/y\t.Long\n.Archive\t" + std::string(300, 'x') +
                         "/y\n.Archive\t.Archive/cur/Below\n");
         }},
        {"IntentOfARenameIsAFolder", [](const Victim& v) { fs::create_directory(v.root + "/posthouse-rename"); }},
        {"IntentOfARenameHasNoEnd",
         [](const Victim& v) {
             v.write("posthouse-rename", ".Archive\t.Moved\n");
             fs::resize_file(v.root + "/posthouse-rename", std::uintmax_t{1} << 36);
         }},
        {"LeftoversOfKilledProcesses",
         [](const Victim& v) {
             v.write("dovecot-uidlist.tmp.0123456789abcdef", "x");
             v.write("dovecot-keywords.tmp.0123456789abcdef", "x");
             v.write("posthouse-keywords.tmp.0123456789abcdef", "x");
             v.write("dovecot-uidlist.lock.0123456789abcdef", "x");
             v.write("tmp/append.host.1", "x");
             shift_clock(40 * 3600L);
             for (const auto& name : {"dovecot-uidlist.tmp.0123456789abcdef", "dovecot-keywords.tmp.0123456789abcdef",
                                      "posthouse-keywords.tmp.0123456789abcdef",
                                      "dovecot-uidlist.lock.0123456789abcdef", "tmp/append.host.1"}) {
                 const timespec old[2] = {{1, 0}, {1, 0}};
                 ASSERT_EQ(::utimensat(AT_FDCWD, (v.root + "/" + name).c_str(), old, 0), 0);
             }
         }},
    };
}

std::vector<Damage> damaged_beyond_sessions() {
    const auto fifo_instead = [](const std::string& name) {
        return [name](const Victim& v) {
            fs::remove(v.root + "/" + name);
            ASSERT_EQ(::mkfifo((v.root + "/" + name).c_str(), 0600), 0);
        };
    };
    return {
        {"ListIsAFolder", folder_instead("dovecot-uidlist"), false},
        {"ListIsAFifo", fifo_instead("dovecot-uidlist"), false},
        {"ListIsALoopOfLinks", [](const Victim& v) { v.link("dovecot-uidlist", "dovecot-uidlist"); }, false},
        {"LockIsAFolder", folder_instead("dovecot-uidlist.lock")},
        {"LockIsADanglingLink", [](const Victim& v) { v.link("nowhere", "dovecot-uidlist.lock"); }},
        {"CurIsAFileInAMailbox",
         [](const Victim& v) {
             fs::remove_all(v.root + "/.Sent/cur");
             v.write(".Sent/cur", "not a folder");
         }},
        {"NoNewAndNoTmpInTheInbox",
         [](const Victim& v) {
             fs::remove_all(v.root + "/tmp");
             fs::remove_all(v.root + "/.Archive/new");
         }},
        {"AMailboxIsCopied",
         [](const Victim& v) {
             fs::copy(v.root + "/.Archive", v.root + "/.Copy", fs::copy_options::recursive);
             fs::copy(v.root + "/.Archive", v.root + "/.Again", fs::copy_options::recursive);
         }},
        {"AMessageOfAnImpossibleName",
         [](const Victim& v) {
             v.write_message("cur/1.x\ny.host:2,S", "unseen");
             v.write_message("new/:2,S", "nameless");
         },
         true,
         {"unseen", "nameless"}},
    };
}

}  // namespace posthouse::storage::crash
