#include "flow/map_run_result.h"

#include <functional>
#include <utility>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "flow/outside.h"
#include "flow/payload.h"
#include "flow/s3_failure.h"

namespace lifeboat::flow {
namespace {

void for_each_child(const World& world, const std::string& arn,
                    const std::function<void(const ChildResult&)>& visit) {
    for (std::size_t from = 0;;) {
        const std::vector<ChildResult> some = world.outside->map_run_children(arn, from);
        if (some.empty()) return;
        for (const ChildResult& child : some)
            visit(child);
        from += some.size();
    }
}

std::string machine_of(const std::string& map_run_arn) {
    std::string arn = map_run_arn.substr(0, map_run_arn.rfind(':'));
    if (const auto kind = arn.find(":mapRun:"); kind != std::string::npos)
        arn.replace(kind, 8, ":stateMachine:");
    return arn;
}

std::string described(const ChildResult& child, const std::string& machine_arn) {
    Json json = {
        {"ExecutionArn", child.arn}, {"Input", child.input}, {"InputDetails", {{"Included", true}}},
        {"Name", child.name},        {"RedriveCount", 0},    {"StateMachineArn", machine_arn},
        {"Status", child.status}};
    if (child.output) {
        json["Output"] = *child.output;
        json["OutputDetails"] = {{"Included", true}};
    }
    if (child.error) json["Error"] = *child.error;
    if (child.cause) json["Cause"] = *child.cause;
    if (child.started) json["StartDate"] = to_iso8601_millis(*child.started);
    if (child.stopped) json["StopDate"] = to_iso8601_millis(*child.stopped);
    return to_text(json);
}

// A child's output, or its error.
std::string outcome_of(const ChildResult& child) {
    if (child.output) return *child.output;
    Json failure = Json::object();
    if (child.error) failure["Error"] = *child.error;
    if (child.cause) failure["Cause"] = *child.cause;
    return to_text(failure);
}

// JSON texts of what a child contributes, one after the other.
void transform(const ChildResult& child, ResultWriter::Transformation transformation,
               const std::string& machine_arn, const std::function<void(std::string)>& add) {
    using Transformation = ResultWriter::Transformation;
    if (transformation == Transformation::None) return add(described(child, machine_arn));
    std::string outcome = outcome_of(child);
    if (transformation == Transformation::Flatten && outcome.starts_with('[')) {
        for (const Json& part : parse_json(outcome, "a child's output"))
            add(to_text(part));
    } else {
        add(std::move(outcome));
    }
}

// The results of the children that ended in one way, in as many objects as they need.
class ResultObjects {
  public:
    using Put = std::function<void(const std::string& key, const std::string& text)>;

    // `stem` is the key up to the number.
    ResultObjects(std::string stem, const ResultWriter& writer, Put put)
        : stem_(std::move(stem)), lines_(writer.lines), put_(std::move(put)) {}

    void add(const std::string& result) {
        if (!text_.empty() && text_.size() + result.size() > kMostResultObject) close();
        if (lines_)
            text_ += result + "\n";
        else
            text_ += (text_.empty() ? "[" : ",") + result;
    }
    // As a manifest lists them.
    Json finish() {
        if (!text_.empty()) close();
        return std::move(files_);
    }

  private:
    void close() {
        if (!lines_) text_ += "]";
        const std::string key =
            stem_ + std::to_string(files_.size()) + (lines_ ? ".jsonl" : ".json");
        put_(key, text_);
        files_.push_back({{"Key", key}, {"Size", text_.size()}});
        text_.clear();
    }

    std::string stem_;
    bool lines_;
    Put put_;
    std::string text_;
    Json files_ = Json::array();
};

Json exported(const World& world, const ResultWriter& writer, const Json& parameters,
              const std::string& map_run_arn) {
    const std::string bucket = require_string(parameters, "Bucket");
    std::string folder = string_or(parameters, "Prefix", "");
    if (!folder.empty() && !folder.ends_with('/')) folder += '/';
    folder += map_run_arn.substr(map_run_arn.rfind(':') + 1) + "/";
    const auto put = [&](const std::string& key, const std::string& text) {
        world.cloud.call("s3", "PutObject",
                         {{"Bucket", bucket},
                          {"Key", key},
                          {"Body", base64_encode(text)},
                          {"ContentType", "application/json"}});
    };
    ResultObjects succeeded(folder + "SUCCEEDED_", writer, put);
    ResultObjects failed(folder + "FAILED_", writer, put);
    ResultObjects pending(folder + "PENDING_", writer, put);
    const std::string machine_arn = machine_of(map_run_arn);
    for_each_child(world, map_run_arn, [&](const ChildResult& child) {
        ResultObjects& objects = child.status == "SUCCEEDED" ? succeeded
                                 : child.status == "PENDING" ? pending
                                                             : failed;
        transform(child, writer.transformation, machine_arn,
                  [&objects](const std::string& result) { objects.add(result); });
    });
    const std::string manifest = folder + "manifest.json";
    put(manifest, to_text({{"DestinationBucket", bucket},
                           {"MapRunArn", map_run_arn},
                           {"ResultFiles",
                            {{"SUCCEEDED", succeeded.finish()},
                             {"FAILED", failed.finish()},
                             {"PENDING", pending.finish()}}}}));
    return {{"MapRunArn", map_run_arn},
            {"ResultWriterDetails", {{"Bucket", bucket}, {"Key", manifest}}}};
}

}  // namespace

Json map_run_result(const World& world, const std::optional<ResultWriter>& writer,
                    const std::string& map_run_arn, const std::string& whose) {
    const auto transformation =
        writer ? writer->transformation : ResultWriter::Transformation::Compact;
    const std::string machine_arn = machine_of(map_run_arn);
    std::string text;
    for_each_child(world, map_run_arn, [&](const ChildResult& child) {
        transform(child, transformation, machine_arn, [&](const std::string& result) {
            text += (text.empty() ? "[" : ",") + result;
            if (text.size() > kLongestPayload) throw payload_too_long(whose);
        });
    });
    if (text.empty()) return Json::array();
    Json results = parse_json(text + "]", "the results of a map run");
    payload_text(results, whose);
    return results;
}

Json export_map_run(const World& world, const ResultWriter& writer, const Json& parameters,
                    const std::string& map_run_arn) {
    try {
        return exported(world, writer, parameters, map_run_arn);
    } catch (const Error& error) {
        rename_s3_failure("States.ResultWriterFailed", error);
    }
}

}  // namespace lifeboat::flow
