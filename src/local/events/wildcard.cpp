#include "local/events/wildcard.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"

namespace lifeboat::local::events {
namespace {

[[noreturn]] void refuse(const char* what, std::size_t index) {
    // The pattern is judged with the quotation marks of the JSON string around it.
    throw Error(ErrorCategory::InvalidInput, "InvalidWildcard",
                std::string(what) + " at pos " + std::to_string(index + 1));
}

// More sets of states than this are taken for too complex.
constexpr std::size_t kMostSets = 4096;

// A state stands for one beginning of a pattern. Patterns share a state as long as they are equal
// and their first star has not passed; each group of alternatives counts for itself.
struct State {
    std::map<int, std::vector<int>> on_byte;
    int star = -1;         // the state behind a star that follows here
    bool is_star = false;  // stays alive whatever follows
    std::set<int> groups;
};

class Automaton {
  public:
    explicit Automaton(const std::vector<WildcardGroup>& groups) {
        states_.emplace_back();
        for (std::size_t group = 0; group < groups.size(); ++group) {
            std::set<std::vector<int>> seen;
            int last = -1;
            for (const Wildcard* wildcard : groups[group])
                if (seen.insert(wildcard->tokens()).second)
                    add(wildcard->tokens(), static_cast<int>(group), last);
        }
    }

    int complexity() const {
        std::set<std::set<int>> seen;
        std::vector<std::set<int>> pending{{0}};
        int most = 0;
        while (!pending.empty()) {
            const std::set<int> active = std::move(pending.back());
            pending.pop_back();
            for (const int byte : alphabet_) {
                std::set<int> next = step(active, byte);
                if (next.empty() || !seen.insert(next).second) continue;
                most = std::max(most, weight(next));
                if (most > kMostWildcardPrefixes || seen.size() > kMostSets)
                    return kMostWildcardPrefixes + 1;
                pending.push_back(std::move(next));
            }
        }
        return most;
    }

  private:
    int new_state() {
        states_.emplace_back();
        return static_cast<int>(states_.size()) - 1;
    }

    void add(const std::vector<int>& inner, int group, int& last) {
        std::vector<int> tokens{'"'};
        tokens.insert(tokens.end(), inner.begin(), inner.end());
        tokens.push_back('"');
        int at = 0;
        bool shared = true;
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            const int token = tokens[i];
            int next = -1;
            if (token == Wildcard::kStar) {
                if (shared && states_[at].star >= 0) {
                    next = states_[at].star;
                } else {
                    next = new_state();
                    states_[at].star = next;
                    states_[next].is_star = true;
                }
                shared = false;
            } else {
                alphabet_.insert(token);
                const bool end = i + 1 == tokens.size();
                if (end && last >= 0) next = last;
                if (!end && shared) {
                    const auto known = states_[at].on_byte.find(token);
                    if (known != states_[at].on_byte.end()) next = known->second.front();
                }
                const bool fresh = next < 0;
                if (fresh) next = new_state();
                if (fresh || end) states_[at].on_byte[token].push_back(next);
                if (end) last = next;
            }
            states_[next].groups.insert(group);
            at = next;
        }
    }

    std::set<int> step(const std::set<int>& active, int byte) const {
        std::set<int> next;
        for (const int id : active) {
            const auto leave = [&](const State& state) {
                const auto found = state.on_byte.find(byte);
                if (found != state.on_byte.end())
                    next.insert(found->second.begin(), found->second.end());
            };
            leave(states_[id]);
            if (states_[id].is_star) next.insert(id);
            if (const int star = states_[id].star; star >= 0) {
                // The star takes this byte, or nothing.
                next.insert(star);
                leave(states_[star]);
            }
        }
        return next;
    }

    // What fits "foo" fits "foo*" too.
    int weight(const std::set<int>& active) const {
        std::size_t sum = 0;
        for (const int id : active) {
            sum += states_[id].groups.size();
            const int star = states_[id].star;
            if (star >= 0 && !active.contains(star)) sum += states_[star].groups.size();
        }
        return static_cast<int>(sum);
    }

    std::vector<State> states_;
    std::set<int> alphabet_{-1};  // -1: any byte that no pattern mentions
};

}  // namespace

Wildcard::Wildcard(std::string_view pattern) {
    parts_.emplace_back();
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        char c = pattern[i];
        if (c == '*') {
            if (pattern.substr(i + 1).starts_with('*'))
                refuse("Consecutive wildcard characters", i);
            tokens_.push_back(kStar);
            parts_.emplace_back();
            continue;
        }
        if (c == '\\') {
            const bool escapes =
                i + 1 < pattern.size() && (pattern[i + 1] == '*' || pattern[i + 1] == '\\');
            if (!escapes) refuse("Invalid escape character", i);
            c = pattern[++i];
        }
        tokens_.push_back(static_cast<unsigned char>(c));
        parts_.back().text += c;
    }
    for (Part& part : parts_) {
        part.border.resize(part.text.size());
        for (std::size_t i = 1, k = 0; i < part.text.size(); ++i) {
            while (k > 0 && part.text[i] != part.text[k])
                k = part.border[k - 1];
            if (part.text[i] == part.text[k]) ++k;
            part.border[i] = k;
        }
    }
}

std::size_t Wildcard::find(const Part& part, std::string_view text) {
    if (part.text.empty()) return 0;
    for (std::size_t i = 0, k = 0; i < text.size(); ++i) {
        while (k > 0 && text[i] != part.text[k])
            k = part.border[k - 1];
        if (text[i] == part.text[k] && ++k == part.text.size()) return i + 1 - k;
    }
    return std::string_view::npos;
}

bool Wildcard::matches(std::string_view text) const {
    if (parts_.size() == 1) return text == parts_.front().text;
    const std::string& head = parts_.front().text;
    const std::string& tail = parts_.back().text;
    if (text.size() < head.size() + tail.size() || !text.starts_with(head) || !text.ends_with(tail))
        return false;
    text.remove_prefix(head.size());
    text.remove_suffix(tail.size());
    for (std::size_t i = 1; i + 1 < parts_.size(); ++i) {
        const std::size_t at = find(parts_[i], text);
        if (at == std::string_view::npos) return false;
        text.remove_prefix(at + parts_[i].text.size());
    }
    return true;
}

int wildcard_complexity(const std::vector<WildcardGroup>& groups) {
    return Automaton(groups).complexity();
}

}  // namespace lifeboat::local::events
