#include "cli/copy_options.h"

#include <unistd.h>

#include <charconv>
#include <utility>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "os/file.h"

namespace lifeboat::cli {
namespace {

using mover::OwnerRule;

// Some ten million paths.
constexpr std::size_t kMostManifest = std::size_t{1} << 30;

// The first choice is the default.
template <class Value>
void add_choice(CLI::App& verb, const std::string& name, Value& value,
                const std::vector<std::pair<std::string, Value>>& names,
                const std::string& description) {
    std::string choices;
    for (const auto& [text, one] : names)
        choices += (choices.empty() ? "" : "|") + text;
    verb.add_option(name, value, description)
        ->transform(CLI::CheckedTransformer(names, CLI::ignore_case).description(""))
        ->type_name(choices);
}

[[noreturn]] void refuse(const std::string& message) {
    throw Error(ErrorCategory::InvalidInput, "InvalidOption", message);
}

std::uint32_t parse_id(std::string_view text) {
    std::uint32_t id = 0;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, id);
    if (parsed.ec != std::errc() || parsed.ptr != end || id == 0xffffffff)
        refuse("'" + std::string(text) + "' is not a user or group number");
    return id;
}

void add_to_map(OwnerRule& rule, const std::vector<std::string>& pairs) {
    if (pairs.empty()) return;
    rule.kind = OwnerRule::Kind::Map;
    for (const std::string& pair : pairs) {
        const auto equals = pair.find('=');
        if (equals == std::string::npos)
            refuse("'" + pair + "' must be two numbers, as in 1000=200005");
        rule.map[parse_id(std::string_view(pair).substr(0, equals))] =
            parse_id(std::string_view(pair).substr(equals + 1));
    }
}

std::string joined(const std::vector<std::string>& patterns) {
    std::string text;
    for (const std::string& pattern : patterns)
        text += (text.empty() ? "" : "|") + pattern;
    return text;
}

}  // namespace

void CopyOptions::add_to(CLI::App& verb) {
    using namespace mover;
    add_choice<OverwriteMode>(verb, "--overwrite-mode", options_.overwrite_mode,
                              {{"ALWAYS", OverwriteMode::Always},
                               {"NEVER", OverwriteMode::Never},
                               {"NEWER", OverwriteMode::Newer}},
                              "Files that differ: replace; leave; leave what is newer in DST");
    add_choice<TransferMode>(verb, "--transfer-mode", options_.transfer_mode,
                             {{"CHANGED", TransferMode::Changed}, {"ALL", TransferMode::All}},
                             "Copy what differs in size, time or metadata, or everything");
    add_choice<VerifyMode>(verb, "--verify-mode", options_.verify_mode,
                           {{"POINT_IN_TIME_CONSISTENT", VerifyMode::PointInTimeConsistent},
                            {"ONLY_FILES_TRANSFERRED", VerifyMode::OnlyFilesTransferred},
                            {"NONE", VerifyMode::None}},
                           "Read back and compare both whole trees, the files copied, or nothing");
    add_choice<PreserveDeletedFiles>(
        verb, "--preserve-deleted-files", options_.preserve_deleted_files,
        {{"PRESERVE", PreserveDeletedFiles::Preserve}, {"REMOVE", PreserveDeletedFiles::Remove}},
        "What is in DST only: leave or delete");
    verb.add_flag("--delete", remove_, "The same as --preserve-deleted-files REMOVE");
    add_choice<PosixPermissions>(
        verb, "--posix-permissions", options_.posix_permissions,
        {{"PRESERVE", PosixPermissions::Preserve}, {"NONE", PosixPermissions::None}},
        "Modes and access lists: keep, or mode 0755 for everything");
    add_choice<Times>(verb, "--mtime", options_.mtime,
                      {{"PRESERVE", Times::Preserve}, {"NONE", Times::None}},
                      "Modification times: keep, or leave as they come (slow to compare)");
    add_choice<Times>(verb, "--atime", options_.atime,
                      {{"BEST_EFFORT", Times::Preserve}, {"NONE", Times::None}}, "Access times");
    add_choice<PreserveDevices>(
        verb, "--preserve-devices", options_.preserve_devices,
        {{"NONE", PreserveDevices::None}, {"PRESERVE", PreserveDevices::Preserve}},
        "Devices, FIFOs and sockets: skip or make");
    add_choice<ExtendedAttributes>(
        verb, "--extended-attributes", options_.extended_attributes,
        {{"PRESERVE", ExtendedAttributes::Preserve}, {"NONE", ExtendedAttributes::None}},
        "Extended attributes and access control lists");
    add_choice<Durability>(
        verb, "--durability", options_.durability,
        {{"TREE", Durability::Tree}, {"FILE", Durability::File}, {"NONE", Durability::None}},
        "What is on the disk for certain: all at the end, each file at once, nothing");
    verb.add_option("--owner", owner_,
                    "Who owns the copies: keep, caller, UID or UID:GID (default keep for root, "
                    "else caller)")
        ->type_name("OWNER");
    verb.add_option("--map-uid", uid_map_, "Owner FROM at SRC becomes TO in DST; repeatable")
        ->type_name("FROM=TO")
        ->allow_extra_args(false);
    verb.add_option("--map-gid", gid_map_, "The same for groups")
        ->type_name("FROM=TO")
        ->allow_extra_args(false);
    verb.add_option("--include", includes_,
                    "Copy only what this pattern takes, as in '/projects/a*'; repeatable")
        ->type_name("PATTERN")
        ->allow_extra_args(false);
    verb.add_option("--exclude", excludes_,
                    "Leave out what this pattern takes, as in '/tmp' or '*.pyc'; repeatable")
        ->type_name("PATTERN")
        ->allow_extra_args(false);
    verb.add_option("--manifest", manifest_,
                    "Copy only the files this list names, one path below SRC a line (CSV)")
        ->type_name("FILE");
    verb.add_option("--bytes-per-second", bytes_per_second_,
                    "Most bytes to read in a second, as in 500k or 20MiB (default no limit)")
        ->transform(CLI::AsSizeValue(false).description(""))
        ->type_name("SIZE");
    verb.add_option("--workers", options_.workers, "Files worked on at a time (default by machine)")
        ->check(CLI::Range(1, 256).description(""))
        ->type_name("N");
}

mover::Options CopyOptions::options() const {
    mover::Options result = options_;
    if (remove_) result.preserve_deleted_files = mover::PreserveDeletedFiles::Remove;
    if (result.preserve_deleted_files == mover::PreserveDeletedFiles::Remove &&
        result.transfer_mode == mover::TransferMode::All)
        refuse("--delete cannot be used with --transfer-mode ALL");
    if (bytes_per_second_ > 0)
        result.bytes_per_second = static_cast<std::int64_t>(bytes_per_second_);
    if (owner_ == "caller" || (owner_.empty() && ::geteuid() != 0)) {
        result.uid.kind = OwnerRule::Kind::Caller;
        result.gid.kind = OwnerRule::Kind::Caller;
    } else if (!owner_.empty() && owner_ != "keep") {
        const auto colon = owner_.find(':');
        result.uid = {
            OwnerRule::Kind::Set, parse_id(std::string_view(owner_).substr(0, colon)), {}};
        if (colon != std::string::npos)
            result.gid = {
                OwnerRule::Kind::Set, parse_id(std::string_view(owner_).substr(colon + 1)), {}};
    }
    if (!owner_.empty() && !(uid_map_.empty() && gid_map_.empty()))
        refuse("--owner cannot be used with --map-uid or --map-gid");
    add_to_map(result.uid, uid_map_);
    add_to_map(result.gid, gid_map_);
    return result;
}

mover::Filter CopyOptions::filter() const {
    std::shared_ptr<const mover::Manifest> manifest;
    if (!manifest_.empty())
        manifest = std::make_shared<const mover::Manifest>(os::read_file(manifest_, kMostManifest));
    return mover::Filter(joined(includes_), joined(excludes_), std::move(manifest));
}

}  // namespace lifeboat::cli
