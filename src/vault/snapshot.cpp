#include "vault/snapshot.h"

#include <algorithm>

#include <boost/json/serialize.hpp>

#include "base/error.h"
#include "vault/go_text.h"
#include "vault/json_input.h"

namespace lifeboat::vault {
namespace {

using Value = boost::json::value;

std::vector<std::string> texts(const JsonInput& input, const Value& list) {
    std::vector<std::string> found;
    for (const Value& entry : input.array(list))
        found.emplace_back(input.text(entry));
    return found;
}

void append_texts(std::string& out, const std::vector<std::string>& texts) {
    out += '[';
    for (const std::string& text : texts) {
        if (&text != texts.data()) out += ',';
        append_go_json(out, text);
    }
    out += ']';
}

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at <= list.size();) {
        const std::size_t comma = std::min(list.find(',', at), list.size());
        if (comma > at) parts.push_back(list.substr(at, comma - at));
        at = comma + 1;
    }
    return parts;
}

}  // namespace

bool Snapshot::has_tag(const std::string& tag) const {
    return std::find(tags.begin(), tags.end(), tag) != tags.end();
}

void require_not_held(const Snapshot& snapshot) {
    if (!snapshot.has_tag(kLegalHold)) return;
    const std::string id = snapshot.id.brief();
    throw Error(ErrorCategory::PermissionDenied, "SnapshotHeld",
                "snapshot " + id + " is under legal hold and stays; `lifeboat vault tag --remove " +
                    kLegalHold + " " + id + "` ends that");
}

std::string encode_snapshot(const Snapshot& snapshot) {
    std::string out = "{\"time\":\"" + to_text(snapshot.time) + '"';
    const auto id = [&](const char* name, const std::optional<Id>& value) {
        if (value) out += std::string(",\"") + name + "\":\"" + value->hex() + '"';
    };
    const auto text = [&](const char* name, const std::string& value) {
        if (value.empty()) return;
        out += std::string(",\"") + name + "\":";
        append_go_json(out, value);
    };
    const auto list = [&](const char* name, const std::vector<std::string>& value) {
        if (value.empty()) return;
        out += std::string(",\"") + name + "\":";
        append_texts(out, value);
    };
    id("parent", snapshot.parent);
    id("tree", snapshot.tree);
    out += ",\"paths\":";
    append_texts(out, snapshot.paths);
    text("hostname", snapshot.host);
    text("username", snapshot.user);
    if (snapshot.uid != 0) out += ",\"uid\":" + std::to_string(snapshot.uid);
    if (snapshot.gid != 0) out += ",\"gid\":" + std::to_string(snapshot.gid);
    list("excludes", snapshot.excludes);
    list("tags", snapshot.tags);
    id("original", snapshot.original);
    text("program_version", snapshot.program);
    if (!snapshot.summary.empty()) out += ",\"summary\":" + snapshot.summary;
    return out += '}';
}

Snapshot decode_snapshot(std::string_view text) {
    const JsonInput input(text, "a snapshot");
    Snapshot snapshot;
    bool has_tree = false;
    for (const auto& [key, value] : input.object(input.root())) {
        if (value.is_null()) continue;
        if (key == "time") snapshot.time = ZonedTime::parse(input.text(value));
        if (key == "parent") snapshot.parent = input.id(value);
        if (key == "tree") {
            snapshot.tree = input.id(value);
            has_tree = true;
        }
        if (key == "paths") snapshot.paths = texts(input, value);
        if (key == "hostname") snapshot.host = input.text(value);
        if (key == "username") snapshot.user = input.text(value);
        if (key == "uid")
            snapshot.uid = static_cast<std::uint32_t>(input.number(value, UINT32_MAX));
        if (key == "gid")
            snapshot.gid = static_cast<std::uint32_t>(input.number(value, UINT32_MAX));
        if (key == "excludes") snapshot.excludes = texts(input, value);
        if (key == "tags") snapshot.tags = texts(input, value);
        if (key == "original") snapshot.original = input.id(value);
        if (key == "program_version") snapshot.program = input.text(value);
        if (key == "summary") snapshot.summary = boost::json::serialize(value);
    }
    if (!has_tree)
        throw Error(ErrorCategory::Corruption, "InvalidFormat",
                    "a snapshot cannot be read: it names no tree");
    return snapshot;
}

Id save_snapshot(Repository& repository, const Snapshot& snapshot) {
    return repository.save_text(FileKind::Snapshot, encode_snapshot(snapshot));
}

Snapshot load_snapshot(Repository& repository, const std::string& name) {
    Snapshot snapshot = decode_snapshot(repository.load_text(FileKind::Snapshot, name));
    snapshot.id = *Id::parse(name);
    return snapshot;
}

bool SnapshotFilter::takes(const Snapshot& snapshot) const {
    if (!hosts.empty() && std::find(hosts.begin(), hosts.end(), snapshot.host) == hosts.end())
        return false;
    const auto fits = [&](const std::string& list) {
        const auto wanted = split(list);
        if (wanted.empty()) return snapshot.tags.empty();
        return std::all_of(wanted.begin(), wanted.end(),
                           [&](const std::string& tag) { return snapshot.has_tag(tag); });
    };
    if (!tags.empty() && std::none_of(tags.begin(), tags.end(), fits)) return false;
    return std::all_of(paths.begin(), paths.end(), [&](const std::string& path) {
        return std::find(snapshot.paths.begin(), snapshot.paths.end(), path) !=
               snapshot.paths.end();
    });
}

std::vector<Snapshot> list_snapshots(
    Repository& repository, const SnapshotFilter& filter,
    const std::function<void(const std::string&, const Error&)>& unreadable) {
    std::vector<std::string> names;
    repository.store().each(FileKind::Snapshot,
                            [&](const std::string& name, std::uint64_t) { names.push_back(name); });
    std::vector<Snapshot> found;
    for (const std::string& name : names) {
        try {
            Snapshot snapshot = load_snapshot(repository, name);
            if (filter.takes(snapshot)) found.push_back(std::move(snapshot));
        } catch (const Error& error) {
            // One that was forgotten meanwhile is not missed.
            if (error.category() == ErrorCategory::NotFound) continue;
            if (!unreadable) throw Error(error).within("reading snapshot " + name);
            unreadable(name, error);
        }
    }
    std::sort(found.begin(), found.end(), [](const Snapshot& a, const Snapshot& b) {
        return a.time != b.time ? a.time < b.time : a.id < b.id;
    });
    return found;
}

Snapshot find_snapshot(Repository& repository, const std::string& name,
                       const SnapshotFilter& filter) {
    const auto absent = [&] {
        return Error(ErrorCategory::NotFound, "SnapshotNotFound",
                     "there is no snapshot '" + name +
                         "' in the repository; `lifeboat vault snapshots` lists them");
    };
    if (name == "latest") {
        auto all = list_snapshots(repository, filter, [](const std::string&, const Error&) {});
        if (all.empty()) throw absent();
        return std::move(all.back());
    }
    std::vector<std::string> fitting;
    if (!name.empty())
        repository.store().each(FileKind::Snapshot, [&](const std::string& full, std::uint64_t) {
            if (full.starts_with(name)) fitting.push_back(full);
        });
    if (fitting.empty()) throw absent();
    if (fitting.size() > 1)
        throw Error(ErrorCategory::InvalidInput, "AmbiguousSnapshot",
                    std::to_string(fitting.size()) + " snapshots start with '" + name +
                        "'; give more digits");
    return load_snapshot(repository, fitting[0]);
}

}  // namespace lifeboat::vault
