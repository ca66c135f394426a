// Executions of the States Language as AWS answered them, run through the
// API of the local cloud.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "base/error.h"
#include "base/json.h"
#include "cloud/pages.h"
#include "local/states/testing/states_fixture.h"

namespace lifeboat::local::states {
namespace {

// How many cases of each kind pass: all of them. These numbers must not fall.
const std::map<std::string, int> kPassing = {
    {"choice", 224}, {"intrinsic", 46}, {"asl", 47}, {"jsonata", 35}};

// What a state waits for was masked out of the input, too, of one recording each of asl and
// jsonata. Their names say that it was a timestamp with nanoseconds.
Json with_timestamp(Json input, const std::string& id) {
    if (id.ends_with("[NANOSECONDS]") && input == Json{{"TimestampValue", "date"}})
        input["TimestampValue"] = "2016-03-14T01:59:00.123456789Z";
    return input;
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// Recordings show documents either as such or as their text.
bool same_document(const Json& recorded, const Json& value) {
    if (recorded == value) return true;
    if (!recorded.is_string()) return false;
    const Json parsed = Json::parse(recorded.get<std::string>(), nullptr, false);
    return !parsed.is_discarded() && parsed == value;
}

Json text_or_null(const std::optional<std::string>& text) {
    return text ? Json(*text) : Json();
}

class Conformance : public testing::StatesFixture {
  protected:
    struct Running {
        Json example;
        std::string execution;
        std::string problem;  // what is different; empty when the case passes
    };

    void begin(Running& run, std::size_t number) {
        const Json& definition = run.example.at("definition");
        const Json input = with_timestamp(run.example.at("input"), run.example.at("id"));
        try {
            const Json made =
                cloud().call("states", "CreateStateMachine",
                             {{"name", "recorded-" + std::to_string(number)},
                              {"definition", definition.is_string() ? definition.get<std::string>()
                                                                    : to_text(definition)},
                              {"roleArn", "arn:aws:iam::000000000000:role/machine"}});
            run.execution = start(made.at("stateMachineArn"),
                                  input.is_string() ? input.get<std::string>() : to_text(input));
        } catch (const Error& error) {
            run.problem = error.what();
        }
    }

    std::string difference(const Json& example, const std::string& execution) {
        const Json& expected = example.at("expect");
        const Json found = describe(execution);
        if (found["status"] != expected.at("status"))
            return "status " + to_text(found["status"]) + " " + string_or(found, "cause", "");
        Json entered = Json::array(), types = Json::array();
        for (const Json& event : lifeboat::cloud::all_items(
                 cloud(), "states", "GetExecutionHistory", {{"executionArn", execution}})) {
            const Json* details = lifeboat::find(event, "stateEnteredEventDetails");
            if (details != nullptr) entered.push_back(details->at("name"));
            // The recording of parallel branches was sorted and leaves this event out.
            if (event["type"] != "ParallelStateSucceeded") types.push_back(event["type"]);
        }
        if (expected.contains("entered") && !expected["entered"].is_null() &&
            entered != expected["entered"])
            return "entered " + to_text(entered);
        if (example.at("masked").get<bool>()) return "";
        const auto output = find_string(found, "output");
        if (!same_document(expected.at("output"),
                           output ? parse_json(*output, "an output") : Json()))
            return "output " + output.value_or("none");
        for (const char* member : {"error", "cause"})
            if (expected.contains(member) &&
                text_or_null(find_string(found, member)) != expected[member])
                return member + (" " + to_text(text_or_null(find_string(found, member))));
        if (!expected.contains("events") || expected["events"].is_null()) return "";
        return types == expected["events"] ? "" : "events " + to_text(types);
    }

    // Until none of them runs; moves the clock on while one waits.
    void come_to_rest(const std::vector<Running>& all) {
        constexpr int kMostMinutes = 200;
        for (int i = 0; i < kMostMinutes; ++i) {
            settle();
            if (std::ranges::none_of(all, [this](const Running& run) {
                    return !run.execution.empty() && describe(run.execution)["status"] == "RUNNING";
                }))
                return;
            clock.advance(std::chrono::minutes(1));
        }
    }
};

TEST_F(Conformance, RecordedExecutionsEndAsOnAws) {
    const auto path = std::filesystem::path(LIFEBOAT_CONFORMANCE_DIR) / "asl.json";
    if (!std::filesystem::exists(path))
        GTEST_SKIP() << "no recorded executions at " << path << "; set LIFEBOAT_CONFORMANCE_DIR";
    std::vector<Running> all;
    for (const Json& example : parse_json(read_file(path), "asl.json"))
        if (kPassing.contains(example.at("kind"))) all.push_back({example, "", ""});
    for (std::size_t i = 0; i < all.size(); ++i)
        begin(all[i], i);
    come_to_rest(all);
    std::map<std::string, int> passed, failed;
    for (Running& run : all) {
        const std::string kind = run.example.at("kind");
        if (run.problem.empty()) run.problem = difference(run.example, run.execution);
        ++(run.problem.empty() ? passed : failed)[kind];
        if (!run.problem.empty())
            std::cout << kind << " " << run.example.at("id").get<std::string>() << ": "
                      << run.problem << "\n";
    }
    for (const auto& [kind, pinned] : kPassing) {
        std::cout << kind << ": " << passed[kind] << " passed, " << failed[kind] << " failed\n";
        EXPECT_GE(passed[kind], pinned) << kind;
    }
}

}  // namespace
}  // namespace lifeboat::local::states
