#include "bucket/object_entry.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>

#include "base/digest.h"
#include "base/json.h"

namespace lifeboat::bucket {
namespace {

constexpr const char* kOwner = "file-owner";
constexpr const char* kGroup = "file-group";
constexpr const char* kPermissions = "file-permissions";
constexpr const char* kChanged = "file-mtime";
constexpr const char* kRead = "file-atime";
constexpr const char* kLink = "lifeboat-hard-link";

constexpr std::int64_t kSecond = 1'000'000'000;

template <class Number>
std::optional<Number> parse_number(std::string_view text, int base = 10) {
    Number number{};
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size())
        return std::nullopt;
    return number;
}

// 2262 and later do not fit in nanoseconds; they are cut to the last that does.
timespec time_that_fits(timespec time) {
    constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max() / kSecond - 1;
    time.tv_sec = std::clamp<std::int64_t>(time.tv_sec, -kLast, kLast);
    return time;
}

std::string time_text(const timespec& time) {
    return std::to_string(time.tv_sec * kSecond + time.tv_nsec) + "ns";
}

// Without "ns" it is milliseconds.
std::optional<timespec> parse_time(std::string_view text) {
    const bool is_exact = text.ends_with("ns");
    if (is_exact) text.remove_suffix(2);
    const auto number = parse_number<std::int64_t>(text);
    if (!number) return std::nullopt;
    const std::int64_t unit = is_exact ? kSecond : 1000;
    std::int64_t seconds = *number / unit;
    std::int64_t rest = *number % unit;
    if (rest < 0) {
        rest += unit;
        --seconds;
    }
    return timespec{seconds, rest * (kSecond / unit)};
}

// "<device>-<inode>-<names>"; "" for what has one name.
std::string hard_link_of(const mover::Entry& entry) {
    const struct stat& status = entry.status;
    if (status.st_nlink < 2 || entry.is_directory()) return {};
    return std::to_string(status.st_dev) + "-" + std::to_string(status.st_ino) + "-" +
           std::to_string(status.st_nlink);
}

// `stamp` is what names of one file have in common as long as none was written without the others.
void set_link(struct stat& status, const std::string& link, const std::string& stamp) {
    const auto dash = link.rfind('-');
    if (dash == std::string::npos) return;
    const auto names = parse_number<nlink_t>(std::string_view(link).substr(dash + 1));
    if (!names || *names < 2 || S_ISDIR(status.st_mode)) return;
    status.st_nlink = *names;
    const std::string digest = sha256(link + " " + stamp);
    std::memcpy(&status.st_ino, digest.data(), sizeof status.st_ino);
}

// User guide, "Checking object integrity": what a key of KMS or of the customer encrypts has
// another ETag in each object.
bool is_etag_of_content(const Json& answer) {
    return !string_or(answer, "ServerSideEncryption", "").starts_with("aws:kms") &&
           string_or(answer, "SSECustomerAlgorithm", "").empty();
}

}  // namespace

mover::Wanted wanted_in_bucket(const mover::Entry& source, const mover::Options& options) {
    mover::Wanted wanted = mover::wanted_for(source, options);
    wanted.uid = wanted.uid.value_or(source.status.st_uid);
    wanted.gid = wanted.gid.value_or(source.status.st_gid);
    for (std::optional<timespec>* time : {&wanted.mtime, &wanted.atime})
        if (*time) *time = time_that_fits(**time);
    return wanted;
}

Json metadata_of(const mover::Entry& source, const mover::Wanted& wanted) {
    const mode_t permissions = source.is_symlink() ? source.permissions() : wanted.permissions;
    char mode[16];
    std::snprintf(mode, sizeof mode, "0%06o", static_cast<unsigned>(source.type() | permissions));
    Json metadata = {{"user-agent", "aws-datasync"},
                     {kOwner, std::to_string(wanted.uid.value_or(source.status.st_uid))},
                     {kGroup, std::to_string(wanted.gid.value_or(source.status.st_gid))},
                     {kPermissions, mode}};
    if (wanted.mtime) metadata[kChanged] = time_text(*wanted.mtime);
    if (wanted.atime) metadata[kRead] = time_text(*wanted.atime);
    if (const std::string link = hard_link_of(source); !link.empty()) metadata[kLink] = link;
    return metadata;
}

bool has_links_of(const Object& object, const mover::Entry& source) {
    const auto without_device = [](const std::string& link) {
        return link.substr(std::min(link.find('-'), link.size()));
    };
    return without_device(object.hard_link) == without_device(hard_link_of(source));
}

Object object_of(const std::string& key, const Json& answer) {
    const Json metadata = answer.value("Metadata", Json::object());
    const auto text = [&](const char* name) { return string_or(metadata, name, ""); };
    Object object;
    object.key = key;
    object.etag = string_or(answer, "ETag", "");
    struct stat& status = object.entry.status;
    status.st_uid = parse_number<uid_t>(text(kOwner)).value_or(mover::kDataSyncDefaultOwner);
    status.st_gid = parse_number<gid_t>(text(kGroup)).value_or(mover::kDataSyncDefaultOwner);
    status.st_mode = parse_number<mode_t>(text(kPermissions), 8).value_or(mover::kDefaultMode);
    // The key says what is a directory, whatever the metadata says.
    const bool is_directory = key.empty() || key.ends_with('/');
    if (is_directory || (status.st_mode & S_IFMT) == 0 || S_ISDIR(status.st_mode))
        status.st_mode = (status.st_mode & 07777) | (is_directory ? S_IFDIR : S_IFREG);
    // Seconds with a fraction, as all times in this form.
    const Json* modified = find(answer, "LastModified");
    const timespec made{
        modified != nullptr && modified->is_number() ? modified->get<std::int64_t>() : 0, 0};
    status.st_mtim = parse_time(text(kChanged)).value_or(made);
    status.st_atim = parse_time(text(kRead)).value_or(status.st_mtim);
    status.st_size = integer_or(answer, "ContentLength", 0);
    status.st_nlink = 1;
    object.hard_link = text(kLink);
    const std::string changed = text(kChanged);
    set_link(status, object.hard_link,
             is_etag_of_content(answer) || changed.empty() ? object.etag : changed);
    return object;
}

mover::Wanted wanted_from_bucket(const mover::Entry& entry, const mover::Options& options) {
    mover::Wanted wanted = mover::wanted_for(entry, options);
    if (entry.is_regular()) wanted.permissions &= ~static_cast<mode_t>(S_ISUID | S_ISGID);
    return wanted;
}

}  // namespace lifeboat::bucket
