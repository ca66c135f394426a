// Executions of the States Language as AWS answered them, run through the engine.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "base/error.h"
#include "base/json.h"
#include "flow/testing/machine_runner.h"

namespace lifeboat::flow {
namespace {

using testing::MachineRunner;

// How many cases of each kind pass. These numbers must not fall; raise them when more pass. One
// recording each of asl and jsonata cannot: the timestamp its state waits for was masked out of it.
const std::map<std::string, int> kPassing = {
    {"choice", 224}, {"intrinsic", 46}, {"asl", 38}, {"jsonata", 34}};

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

// What is different; empty when the case passes.
std::string difference(const Json& example) {
    const Json& expected = example.at("expect");
    const Json& definition = example.at("definition");
    const Json& input = example.at("input");
    MachineRunner runner(definition.is_string() ? definition.get<std::string>()
                                                : to_text(definition));
    const Execution& execution =
        runner.run(input.is_string() ? input.get<std::string>() : to_text(input));
    const Json status = std::string(to_string(execution.status()));
    if (status != expected.at("status"))
        return "status " + to_text(status) + " " + to_text(text_or_null(execution.failure().cause));
    if (expected.contains("entered") && !expected["entered"].is_null() &&
        Json(runner.entered_states()) != expected["entered"])
        return "entered " + to_text(Json(runner.entered_states()));
    if (example.at("masked").get<bool>()) return "";
    const Json output = execution.output() == nullptr ? Json() : *execution.output();
    if (!same_document(expected.at("output"), output)) return "output " + to_text(output);
    if (expected.contains("error") && text_or_null(execution.failure().error) != expected["error"])
        return "error " + to_text(text_or_null(execution.failure().error));
    if (expected.contains("cause") && text_or_null(execution.failure().cause) != expected["cause"])
        return "cause " + to_text(text_or_null(execution.failure().cause));
    if (!expected.contains("events") || expected["events"].is_null()) return "";
    // The recording of parallel branches was sorted and leaves this event out.
    std::vector<std::string> types = runner.event_types();
    std::erase(types, "ParallelStateSucceeded");
    if (Json(types) != expected["events"]) return "events " + to_text(Json(types));
    return "";
}

TEST(Conformance, RecordedExecutionsEndAsOnAws) {
    const auto path = std::filesystem::path(LIFEBOAT_CONFORMANCE_DIR) / "asl.json";
    if (!std::filesystem::exists(path))
        GTEST_SKIP() << "no recorded executions at " << path << "; set LIFEBOAT_CONFORMANCE_DIR";
    std::map<std::string, int> passed, failed;
    for (const Json& example : parse_json(read_file(path), "asl.json")) {
        const std::string kind = example.at("kind");
        if (!kPassing.contains(kind)) continue;
        std::string problem;
        try {
            problem = difference(example);
        } catch (const Error& error) {
            problem = error.what();
        }
        ++(problem.empty() ? passed : failed)[kind];
        if (!problem.empty())
            std::cout << kind << " " << example.at("id").get<std::string>() << ": " << problem
                      << "\n";
    }
    for (const auto& [kind, pinned] : kPassing) {
        std::cout << kind << ": " << passed[kind] << " passed, " << failed[kind] << " failed\n";
        EXPECT_GE(passed[kind], pinned) << kind;
    }
}

}  // namespace
}  // namespace lifeboat::flow
