// What is done to a Maildir before the engine has to cope with it, one entry per kind of damage.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <ostream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/crash/tree.h"

namespace posthouse::storage::crash {

/// The account's folder, as whoever damages it sees it.
struct Victim {
    std::string root;

    std::string read(const std::string& name) const {
        std::ifstream stream(root + "/" + name, std::ios::binary);
        return {std::istreambuf_iterator<char>(stream), {}};
    }
    void write(const std::string& name, const std::string& bytes) const {
        std::ofstream(root + "/" + name, std::ios::binary | std::ios::trunc) << bytes;
    }
    /// A message as files hold it, with LF.
    void write_message(const std::string& name, const std::string& token) const {
        std::string text = text_of(token);
        std::erase(text, '\r');
        write(name, text);
    }
    void link(const std::string& target, const std::string& name) const {
        std::filesystem::remove(root + "/" + name);
        std::filesystem::create_symlink(target, root + "/" + name);
    }
    /// The file in cur/ that holds this token.
    std::string file_of(const std::string& token) const {
        for (const auto& entry : std::filesystem::directory_iterator(root + "/cur"))
            if (read("cur/" + entry.path().filename().string()).find("Subject: " + token + "\n") != std::string::npos)
                return entry.path().filename().string();
        ADD_FAILURE() << "no file holds " << token;
        return {};
    }
    void rename(const std::string& from, const std::string& to) const {
        std::filesystem::rename(root + "/" + from, root + "/" + to);
    }
    /// The lines of dovecot-uidlist, changed and written back.
    void edit_list(const std::function<void(std::vector<std::string>&)>& edit) const {
        std::istringstream stream(read("dovecot-uidlist"));
        std::vector<std::string> lines;
        for (std::string line; std::getline(stream, line);) lines.push_back(line);
        edit(lines);
        std::string text;
        for (const std::string& line : lines) text += line + "\n";
        write("dovecot-uidlist", text);
    }
};

struct Damage {
    std::string name;
    std::function<void(const Victim&)> damage;
    bool keeps_uids = true;           ///< what was told before still holds
    std::set<std::string> more = {};  ///< messages that are there now besides
    int unreadable = 0;               ///< entries that look like messages and can't be read
    bool keeps_flags = true;
};

inline void PrintTo(const Damage& damage, std::ostream* out) { *out << damage.name; }

/// dovecot-uidlist and its lock.
std::vector<Damage> damaged_lists();
/// What lies in new/ and cur/.
std::vector<Damage> damaged_messages();
/// Folders and the small files.
std::vector<Damage> damaged_folders();
/// What sessions can't do anything about: a repair has to.
std::vector<Damage> damaged_beyond_sessions();

}  // namespace posthouse::storage::crash
