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

// Charges for what the matcher reads: a pattern that goes back and forth reads the same characters
// again and again.
struct Reading {
    Budget& budget;
    int reads = 0;

    void count() {
        constexpr int kReadsPerUnit = 4;
        if (++reads % kReadsPerUnit == 0) budget.charge(1);
    }
};

// Where the matcher is in the text.
class Place {
  public:
    using iterator_category = std::bidirectional_iterator_tag;
    using value_type = wchar_t;
    using difference_type = std::ptrdiff_t;
    using pointer = const wchar_t*;
    using reference = wchar_t;

    Place() = default;
    Place(const char32_t* at, Reading& reading) : at_(at), reading_(&reading) {}

    wchar_t operator*() const {
        reading_->count();
        return static_cast<wchar_t>(*at_);
    }
    Place& operator++() {
        ++at_;
        return *this;
    }
    Place operator++(int) {
        Place before = *this;
        ++at_;
        return before;
    }
    Place& operator--() {
        --at_;
        return *this;
    }
    Place operator--(int) {
        Place before = *this;
        --at_;
        return before;
    }
    bool operator==(const Place& other) const { return at_ == other.at_; }
    const char32_t* pointer_to() const { return at_; }

  private:
    const char32_t* at_ = nullptr;
    Reading* reading_ = nullptr;
};

class BoostRegex final : public Regex {
  public:
    BoostRegex(const Wide& pattern, boost::wregex::flag_type flags, bool lines)
        : regex_(pattern, flags), lines_(lines) {}

    std::optional<RegexMatch> find(const std::u32string& text, std::size_t from,
                                   Budget& budget) const override {
        Reading reading{budget};
        boost::match_results<Place> match;
        auto flags = boost::match_default | boost::match_prev_avail;
        if (from == 0) flags &= ~boost::match_prev_avail;
        if (!lines_) flags |= boost::match_single_line;
        flags |= boost::match_not_dot_newline;
        bool found = false;
        try {
            found = boost::regex_search(Place(text.data() + from, reading),
                                        Place(text.data() + text.size(), reading), match, regex_,
                                        flags);
        } catch (const std::runtime_error&) {
            fail(kTooMuch, "The regular expression takes too long to match");
        }
        if (!found) return std::nullopt;
        const auto taken = [&](int group) {
            return std::u32string(match[group].first.pointer_to(),
                                  match[group].second.pointer_to());
        };
        RegexMatch result;
        result.text = taken(0);
        if (result.text.empty()) fail("D1004", "Regular expression matches zero length string");
        result.start = static_cast<std::size_t>(match[0].first.pointer_to() - text.data());
        result.end = result.start + result.text.size();
        for (int i = 1; i < static_cast<int>(match.size()); ++i)
            result.groups.push_back(match[i].matched ? std::optional(taken(i)) : std::nullopt);
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
