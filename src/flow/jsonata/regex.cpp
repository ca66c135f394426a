// Boost's matcher keeps its own stack and counts its states; both are bounded here.
#define BOOST_REGEX_MAX_STATE_COUNT 2000000
#define BOOST_REGEX_MAX_BLOCKS 1024
#include "flow/jsonata/regex.h"

#include <boost/regex.hpp>

#include "flow/jsonata/tokenizer.h"

namespace lifeboat::flow::jsonata {
namespace {

using Wide = std::basic_string<wchar_t>;
static_assert(sizeof(wchar_t) == sizeof(char32_t), "code points fit wide characters");

Wide to_wide(std::u32string_view text) {
    return {text.begin(), text.end()};
}

constexpr std::size_t kLongestPattern = 4096;  // code points

class BoostRegex final : public Regex {
  public:
    BoostRegex(const Wide& pattern, boost::wregex::flag_type flags, bool lines)
        : regex_(pattern, flags), lines_(lines) {}

    std::optional<RegexMatch> find(const std::u32string& text, std::size_t from,
                                   Budget& budget) const override {
        budget.charge_text((text.size() - from) * 4);
        const Wide wide = to_wide(text);
        boost::wsmatch match;
        auto flags = boost::match_default | boost::match_prev_avail;
        if (from == 0) flags &= ~boost::match_prev_avail;
        if (!lines_) flags |= boost::match_single_line;
        flags |= boost::match_not_dot_newline;
        bool found = false;
        try {
            found = boost::regex_search(wide.begin() + static_cast<long>(from), wide.end(), match,
                                        regex_, flags);
        } catch (const std::runtime_error&) {
            fail(kTooMuch, "The regular expression takes too long to match");
        }
        if (!found) return std::nullopt;
        if (match.length() == 0) fail("D1004", "Regular expression matches zero length string");
        RegexMatch result;
        result.start = from + static_cast<std::size_t>(match.position());
        result.end = result.start + static_cast<std::size_t>(match.length());
        result.text = text.substr(result.start, result.end - result.start);
        for (std::size_t i = 1; i < match.size(); ++i)
            result.groups.push_back(
                match[static_cast<int>(i)].matched
                    ? std::optional(std::u32string(match[static_cast<int>(i)].first,
                                                   match[static_cast<int>(i)].second))
                    : std::nullopt);
        return result;
    }

  private:
    boost::wregex regex_;
    bool lines_;
};

}  // namespace

std::shared_ptr<const Regex> Regex::compile(std::string_view pattern, std::string_view flags) {
    const std::u32string points = to_points(pattern);
    if (points.size() > kLongestPattern) fail("S0303", "The regular expression is too long");
    boost::wregex::flag_type options = boost::wregex::perl;
    if (flags.find('i') != std::string_view::npos) options |= boost::wregex::icase;
    try {
        return std::make_shared<BoostRegex>(to_wide(points), options,
                                            flags.find('m') != std::string_view::npos);
    } catch (const std::runtime_error& error) {
        fail("S0303", "Invalid regular expression /" + std::string(pattern) + "/: " + error.what());
    }
}

std::u32string to_points(std::string_view text) {
    std::u32string points;
    points.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const auto byte = static_cast<unsigned char>(text[i++]);
        const int more = byte < 0x80   ? 0
                         : byte < 0xC0 ? -1
                         : byte < 0xE0 ? 1
                         : byte < 0xF0 ? 2
                         : byte < 0xF8 ? 3
                                       : -1;
        char32_t point = more <= 0 ? byte : byte & (0x3F >> more);
        bool good = more >= 0;
        for (int k = 0; good && k < more; ++k) {
            if (i >= text.size() || (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) {
                good = false;
                break;
            }
            point = point << 6 | (static_cast<unsigned char>(text[i++]) & 0x3F);
        }
        points += good ? point : U'\uFFFD';
    }
    return points;
}

std::string to_utf8(std::u32string_view points) {
    std::string text;
    for (const char32_t point : points)
        append_utf8(text, point);
    return text;
}

}  // namespace lifeboat::flow::jsonata
