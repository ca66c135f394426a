// What a regular expression, or a function standing for one, gives for a text: an object with
// match, start, end, groups and next.
#pragma once

#include "flow/jsonata/evaluator.h"

namespace lifeboat::flow::jsonata {

// Calls the pattern: undefined when nothing (more) matches.
Item match_object(const Function& pattern, const Items& arguments, Budget& budget);

struct Match {
    std::u32string text;
    std::size_t start = 0, end = 0;  // code points
    std::vector<std::u32string> groups;
};
// Up to `limit` matches, by a regular expression or any matcher function. T1010 when a function
// answers something else.
std::vector<Match> find_matches(Evaluator& evaluator, const Item& matcher, const std::string& text,
                                std::size_t limit, const char* caller);

}  // namespace lifeboat::flow::jsonata
