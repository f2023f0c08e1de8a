// Message content for DATA: dots stuffed, line ends made CRLF.
#include "lib/smtp/data_encoder.h"

namespace posthouse::smtp {

void DataEncoder::feed(std::string_view content, std::string& out) {
    std::size_t at = 0;
    while (at < content.size()) {
        if (line_start_ && content[at] == '.') out += '.';
        const std::size_t lf = content.find('\n', at);
        if (lf == std::string_view::npos) {
            out.append(content.substr(at));
            after_cr_ = content.back() == '\r';
            line_start_ = false;
            return;
        }
        const bool with_cr = lf > at ? content[lf - 1] == '\r' : after_cr_;
        out.append(content.substr(at, lf - at)).append(with_cr ? "\n" : "\r\n");
        line_start_ = true;
        after_cr_ = false;
        at = lf + 1;
    }
}

void DataEncoder::finish(std::string& out) {
    if (!line_start_) out += "\r\n";
    out += ".\r\n";
    line_start_ = true;
    after_cr_ = false;
}

}  // namespace posthouse::smtp
