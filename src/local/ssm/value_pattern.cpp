#include "local/ssm/value_pattern.h"

#include <algorithm>
#include <regex>
#include <string_view>

#include "base/error.h"

namespace lifeboat::local::ssm {
namespace {

// States of the automaton. libstdc++ goes through chains of them by recursion.
constexpr std::size_t kMostStates = 4000;

Error invalid(const std::string& why) {
    return Error(ErrorCategory::InvalidInput, "InvalidAllowedPatternException",
                 "The request does not meet the regular expression requirement: " + why);
}

// About how many states a pattern becomes: counted repetitions are unrolled, and may be nested.
class StateCount {
  public:
    explicit StateCount(std::string_view pattern) : rest_(pattern) {}

    std::size_t count() {
        std::size_t total = 0;
        while (!rest_.empty() && total <= kMostStates)
            total += sequence() + take();  // a stray ')' is not ours to judge
        return total;
    }

  private:
    // Up to the parenthesis that closes it.
    std::size_t sequence() {
        std::size_t total = 0;
        while (!rest_.empty() && rest_[0] != ')')
            total = std::min(total + repeated(atom()), kMostStates + 1);
        return total;
    }

    std::size_t atom() {
        if (rest_[0] == '(') {
            take();
            const std::size_t inner = sequence();
            return inner + 2 + take();
        }
        if (rest_[0] == '[')
            while (rest_.size() > 1 && rest_[0] != ']')
                skip_one();
        skip_one();
        return 1;
    }

    std::size_t repeated(std::size_t states) {
        if (rest_.empty() || rest_[0] != '{') return states;
        std::size_t largest = 1;
        std::size_t number = 0;
        for (; !rest_.empty() && rest_[0] != '}'; take()) {
            const bool is_digit = rest_[0] >= '0' && rest_[0] <= '9';
            number = is_digit ? std::min(number * 10 + static_cast<std::size_t>(rest_[0] - '0'),
                                         kMostStates + 1)
                              : 0;
            largest = std::max(largest, number);
        }
        take();
        return std::min((states + 1) * largest, kMostStates + 1);
    }

    void skip_one() { rest_.remove_prefix(rest_[0] == '\\' && rest_.size() > 1 ? 2 : 1); }
    std::size_t take() {
        if (!rest_.empty()) rest_.remove_prefix(1);
        return 0;
    }

    std::string_view rest_;
};

}  // namespace

void check_value_pattern(const std::string& pattern, const std::string& value) {
    if (StateCount(pattern).count() > kMostStates) throw invalid("its repetitions are too large");
    bool matches = false;
    try {
        constexpr auto kForm = std::regex::ECMAScript | std::regex_constants::__polynomial;
        const std::regex by_itself(pattern, kForm);  // refuses what only fits into the frame below
        // One pass over the value; a search would make one from every position.
        const std::regex anywhere("[^]*(?:" + pattern + ")[^]*", kForm);
        matches = std::regex_match(value, anywhere);
    } catch (const std::regex_error& error) {
        throw invalid(error.what());
    }
    if (!matches)
        throw Error(ErrorCategory::InvalidInput, "ParameterPatternMismatchException",
                    "Parameter value, cannot be validated against allowedPattern: " + pattern);
}

}  // namespace lifeboat::local::ssm
