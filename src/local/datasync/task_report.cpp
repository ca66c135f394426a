#include "local/datasync/task_report.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "local/datasync/bucket_arn.h"
#include "local/datasync/refusal.h"

namespace lifeboat::local::datasync {
namespace {

constexpr std::array kSectionNames{"Transferred", "Skipped", "Verified", "Deleted"};
constexpr std::array kFileNames{"transferred", "skipped", "verified", "deleted"};
// The member that says how it went, less "Status".
constexpr std::array kVerbs{"Transfer", "Skip", "Verify", "Delete"};

std::string checked_level(const Json& config, const std::string& fallback) {
    const std::string level = string_or(config, "ReportLevel", fallback);
    if (level != "ERRORS_ONLY" && level != "SUCCESSES_AND_ERRORS")
        refuse("TaskReportConfig: ReportLevel must be ERRORS_ONLY or SUCCESSES_AND_ERRORS.");
    return level;
}

std::string type_of(const mover::Entry& entry) {
    if (entry.is_directory()) return "Directory";
    if (entry.is_symlink()) return "Symlink";
    return entry.is_regular() ? "Regular" : "Special";
}

std::string time_of(const timespec& time) {
    return to_iso8601(from_epoch_micros(time.tv_sec * std::int64_t{1000000} + time.tv_nsec / 1000));
}

Json metadata_of(const mover::Entry& entry) {
    constexpr std::string_view kDigits = "01234567";
    std::string mode = "0000";
    for (std::size_t i = 0; i < 4; ++i)
        mode[3 - i] = kDigits[entry.permissions() >> (3 * i) & 7];
    return {{"Type", type_of(entry)},
            {"ContentSize", entry.is_directory() ? 0 : entry.size()},
            {"Mtime", time_of(entry.status.st_mtim)},
            {"Atime", time_of(entry.status.st_atim)},
            {"Uid", entry.status.st_uid},
            {"Gid", entry.status.st_gid},
            {"Mode", mode}};
}

// JSON holds text; other bytes of a name are shown as U+FFFD.
Json entry_for(const std::string& path) {
    return {{"RelativePath", path == "." ? "/" : "/" + path}};
}

}  // namespace

void check_report_config(const Json& config) {
    if (!config.is_object()) refuse("TaskReportConfig must be an object.");
    if (config.empty()) return;
    const Json* destination = find_path(config, {"Destination", "S3"});
    if (destination == nullptr) refuse("TaskReportConfig: Destination.S3 must name a bucket.");
    bucket_of(string_or(*destination, "S3BucketArn", ""), "TaskReportConfig");
    const std::string type = string_or(config, "OutputType", "SUMMARY_ONLY");
    if (type != "SUMMARY_ONLY" && type != "STANDARD")
        refuse("TaskReportConfig: OutputType must be SUMMARY_ONLY or STANDARD.");
    const std::string level = checked_level(config, "ERRORS_ONLY");
    if (const Json* overrides = find(config, "Overrides"))
        for (const auto& [name, value] : overrides->items())
            checked_level(value, level);
}

bool wants_report(const Json& settings) {
    const Json* config = find(settings, "TaskReportConfig");
    return config != nullptr && !config->empty();
}

TaskReport::TaskReport(cloud::Cloud& cloud, const Clock& clock, const Json& config,
                       const std::string& execution)
    : cloud_(cloud), clock_(clock) {
    const Json& destination = *find_path(config, {"Destination", "S3"});
    bucket_ = bucket_of(require_string(destination, "S3BucketArn"), "TaskReportConfig");
    prefix_ = string_or(destination, "Subdirectory", "");
    while (prefix_.starts_with('/'))
        prefix_.erase(0, 1);
    if (!prefix_.empty() && !prefix_.ends_with('/')) prefix_ += '/';
    // arn:aws:datasync:...:task/task-.../execution/exec-...
    execution_ = execution.substr(execution.rfind('/') + 1);
    const std::string task = execution.substr(0, execution.find("/execution/"));
    task_ = task.substr(task.rfind('/') + 1);
    detailed_ = string_or(config, "OutputType", "SUMMARY_ONLY") == "STANDARD";
    const std::string level = checked_level(config, "ERRORS_ONLY");
    for (int i = 0; i < kSections; ++i) {
        const Json* own = find_path(config, {"Overrides", kSectionNames[i]});
        parts_[i].successes =
            (own != nullptr ? checked_level(*own, level) : level) == "SUCCESSES_AND_ERRORS";
    }
}

void TaskReport::add(const mover::Action& action) {
    using Kind = mover::Action::Kind;
    Section section = kTransferred;
    if (action.kind == Kind::Keep || action.kind == Kind::Skip) section = kSkipped;
    if (action.kind == Kind::Verify) section = kVerified;
    if (action.kind == Kind::Delete) section = kDeleted;
    if (!detailed_ || !parts_[section].successes) return;
    Json entry = entry_for(action.path);
    if (action.source != nullptr) entry["SrcMetadata"] = metadata_of(*action.source);
    const std::string verb = kVerbs[section];
    entry[verb + "Timestamp"] = to_iso8601(clock_.now());
    if (section == kTransferred)
        entry["TransferType"] =
            action.kind == Kind::Update ? "METADATA_ONLY" : "CONTENT_AND_METADATA";
    if (section == kSkipped) entry["SkipReason"] = action.reason;
    entry[verb + "Status"] = "SUCCESS";
    add(section, entry);
}

void TaskReport::add(const mover::Failure& failure) {
    if (!detailed_) return;
    const Section section = failure.phase == mover::Phase::Verifying ? kVerified : kTransferred;
    const std::string verb = kVerbs[section];
    Json entry = entry_for(failure.path);
    entry[verb + "Timestamp"] = to_iso8601(clock_.now());
    entry[verb + "Status"] = "FAILED";
    entry["ErrorCode"] = failure.code;
    entry["ErrorDetail"] = failure.message;
    add(section, entry);
}

void TaskReport::add(Section section, const Json& entry) {
    const std::scoped_lock lock(mutex_);
    Part& part = parts_[section];
    if (part.count > 0) part.entries += ',';
    part.entries += to_text(entry);
    if (++part.count == kEntriesInObject) write_part(section);
}

void TaskReport::write_part(Section section) {
    Part& part = parts_[section];
    std::string number = std::to_string(++part.number);
    number.insert(0, 5 - std::min<std::size_t>(5, number.size()), '0');
    put("Detailed-Reports/" + task_ + "/" + execution_ + "/" + execution_ + ".files-" +
            kFileNames[section] + "-v1-" + number + ".json",
        R"({"TaskExecutionId":")" + execution_ + R"(",")" + kSectionNames[section] + "\":[" +
            std::exchange(part.entries, {}) + "]}");
    part.count = 0;
}

void TaskReport::put(const std::string& key, const std::string& text) {
    if (!error_code_.empty()) return;
    try {
        cloud_.call("s3", "PutObject",
                    {{"Bucket", bucket_},
                     {"Key", prefix_ + key},
                     {"ContentType", "application/json"},
                     {"Body", base64_encode(text)}});
    } catch (const Error& error) {
        error_code_ = error.code();
        error_detail_ =
            "the report cannot be written to the bucket '" + bucket_ + "': " + error.message();
    }
}

Json TaskReport::finish(Json summary) {
    for (int i = 0; i < kSections; ++i)
        if (parts_[i].count > 0) write_part(static_cast<Section>(i));
    summary["TaskExecutionId"] = execution_;
    put("Summary-Reports/" + task_ + "/" + execution_ + "/" + execution_ + ".json",
        to_text(summary));
    if (error_code_.empty()) return {{"Status", "SUCCESS"}};
    return {{"Status", "ERROR"}, {"ErrorCode", error_code_}, {"ErrorDetail", error_detail_}};
}

}  // namespace lifeboat::local::datasync
