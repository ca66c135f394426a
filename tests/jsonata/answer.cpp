// Evaluates JSONata for a comparison with another implementation: reads one {"expression", "input"}
// a line, writes one {"value"}, {"undefined": true} or {"error": CODE} a line.
#include <iostream>
#include <string>

#include "base/error.h"
#include "base/json.h"
#include "flow/jsonata/query.h"

int main() {
    using namespace lifeboat;
    const Time now = *parse_iso8601("2026-01-02T03:04:05Z");
    for (std::string line; std::getline(std::cin, line);) {
        Json answer;
        try {
            const Json question = parse_json(line, "a line");
            const auto value = flow::jsonata::Query::parse(require_string(question, "expression"))
                                   .evaluate(question.at("input"), {}, nullptr, now);
            if (value)
                answer["value"] = *value;
            else
                answer["undefined"] = true;
        } catch (const Error& error) {
            answer = {{"error", error.code()}};
        }
        std::cout << to_text(answer) << "\n";
    }
    return 0;
}
