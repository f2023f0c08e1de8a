// FieldDropper: fields of a header that are taken out of a message on its way.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace posthouse::smtp {

/// Of one message, fed piece by piece; holds no more than the beginning of a line. Lines end in LF, with or without CR.
class FieldDropper {
  public:
    /// `names`: without the colon; they outlive it. Without any all stays.
    explicit FieldDropper(std::span<const std::string_view> names) : names_(names), in_body_(names.empty()) {}

    /// Takes the fields out of `content` from `begin` on, which is the next piece. What may be the beginning of one is
    /// held back.
    void feed(std::string& content, std::size_t begin);
    /// The message is whole: gives what was held back.
    std::string finish();
    /// How many fields were taken out.
    std::size_t dropped() const { return dropped_; }

  private:
    enum class At { line_start, name, field };
    void begin_line(char first);
    void read_name(std::string_view& piece, std::string& kept);
    bool is_dropped(std::string_view name) const;

    std::span<const std::string_view> names_;
    At at_ = At::line_start;
    bool in_body_;
    bool drops_ = false;  ///< the field whose lines are read
    std::string held_;    ///< the beginning of a line
    std::size_t dropped_ = 0;
};

}  // namespace posthouse::smtp
