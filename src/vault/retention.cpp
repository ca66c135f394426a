#include "vault/retention.h"

#include <algorithm>
#include <map>

#include "base/error.h"

namespace lifeboat::vault {
namespace {

using namespace std::chrono;

// Monday's week, counted from one long ago.
std::int64_t week_of(const year_month_day& date) {
    return (sys_days(date).time_since_epoch().count() + 3) / 7;
}

std::int64_t bucket_of(const Snapshot& snapshot, int unit) {
    const sys_seconds local{seconds(snapshot.time.seconds + snapshot.time.offset)};
    const year_month_day date(floor<days>(local));
    const std::int64_t month =
        static_cast<int>(date.year()) * 12 + static_cast<int>(static_cast<unsigned>(date.month()));
    switch (unit) {
        case 0:
            return floor<hours>(local).time_since_epoch().count();
        case 1:
            return floor<days>(local).time_since_epoch().count();
        case 2:
            return week_of(date);
        case 3:
            return month;
        default:
            return static_cast<int>(date.year());
    }
}

}  // namespace

std::vector<std::vector<Snapshot>> group_snapshots(std::vector<Snapshot> snapshots) {
    std::map<std::pair<std::string, std::vector<std::string>>, std::vector<Snapshot>> groups;
    for (Snapshot& snapshot : snapshots) {
        auto paths = snapshot.paths;
        std::sort(paths.begin(), paths.end());
        groups[{snapshot.host, std::move(paths)}].push_back(std::move(snapshot));
    }
    std::vector<std::vector<Snapshot>> found;
    for (auto& [key, group] : groups)
        found.push_back(std::move(group));
    return found;
}

bool RetentionPolicy::is_empty() const {
    return last + hourly + daily + weekly + monthly + yearly == 0 && within.count() == 0 &&
           tags.empty();
}

std::vector<Kept> apply(const RetentionPolicy& policy, std::vector<Snapshot> snapshots) {
    std::sort(snapshots.begin(), snapshots.end(),
              [](const Snapshot& a, const Snapshot& b) { return b.time < a.time; });
    struct Rule {
        const char* name;
        std::uint32_t left;
        std::int64_t bucket = INT64_MIN;
    };
    Rule rules[] = {{"hourly", policy.hourly},
                    {"daily", policy.daily},
                    {"weekly", policy.weekly},
                    {"monthly", policy.monthly},
                    {"yearly", policy.yearly}};
    std::vector<Kept> kept;
    for (Snapshot& snapshot : snapshots) {
        Kept entry{std::move(snapshot), {}};
        const Snapshot& s = entry.snapshot;
        const auto number = static_cast<std::uint32_t>(kept.size());
        if (number == 0) entry.reasons.push_back("newest");
        if (number < policy.last) entry.reasons.push_back("last");
        for (int unit = 0; unit < 5; ++unit) {
            Rule& rule = rules[unit];
            const std::int64_t bucket = bucket_of(s, unit);
            if (rule.left == 0 || bucket == rule.bucket) continue;
            --rule.left;
            rule.bucket = bucket;
            entry.reasons.push_back(rule.name);
        }
        const auto& newest = kept.empty() ? s.time : kept[0].snapshot.time;
        if (policy.within.count() > 0 && newest.seconds - s.time.seconds < policy.within.count())
            entry.reasons.push_back("within");
        if (!policy.tags.empty() && SnapshotFilter{{}, policy.tags, {}}.takes(s))
            entry.reasons.push_back("tags");
        for (const char* tag : {kPinned, kLegalHold})
            if (s.has_tag(tag)) entry.reasons.push_back(tag);
        kept.push_back(std::move(entry));
    }
    return kept;
}

std::chrono::seconds parse_span(const std::string& text) {
    constexpr std::string_view kUnits = "ymwdh";
    constexpr std::int64_t kHours[] = {366 * 24, 31 * 24, 7 * 24, 24, 1};
    std::int64_t total = 0, number = 0;
    bool has_number = false, is_valid = !text.empty();
    for (const char c : text) {
        const auto unit = kUnits.find(c);
        if (c >= '0' && c <= '9' && number < 100'000) {
            number = number * 10 + (c - '0');
            has_number = true;
        } else if (unit != std::string_view::npos && has_number) {
            total += number * kHours[unit];
            number = 0;
            has_number = false;
        } else {
            is_valid = false;
        }
    }
    if (!is_valid || has_number)
        throw Error(ErrorCategory::InvalidInput, "InvalidSpan",
                    "'" + text + "' is no span of time; write it as 3d, 2w6h or 1y");
    return hours(total);
}

}  // namespace lifeboat::vault
