#include "vault/doomed.h"

#include "base/error.h"
#include "vault/go_text.h"
#include "vault/json_input.h"

namespace lifeboat::vault {

std::string encode_doomed(const std::vector<Doomed>& list) {
    std::string out = "{\"packs\":[],\"lifeboat_doomed\":[";
    for (const Doomed& entry : list) {
        if (&entry != list.data()) out += ',';
        out += "{\"pack\":\"" + entry.pack.hex() + "\",\"since\":\"" + to_text(entry.since) +
               "\",\"holders\":[";
        for (const std::string& holder : entry.holders) {
            if (holder != *entry.holders.begin()) out += ',';
            append_go_json(out, holder);
        }
        out += "]}";
    }
    return out += "]}";
}

std::vector<Doomed> decode_doomed(std::string_view index_text) {
    std::vector<Doomed> list;
    // Most index files have none, and are long.
    if (index_text.find("\"lifeboat_doomed\"") == std::string_view::npos) return list;
    const JsonInput input(index_text, "an index file");
    const auto* entries = input.object(input.root()).if_contains("lifeboat_doomed");
    if (entries == nullptr) return list;
    for (const auto& value : input.array(*entries)) {
        Doomed& doomed = list.emplace_back();
        for (const auto& [key, member] : input.object(value)) {
            if (key == "pack") doomed.pack = input.id(member);
            if (key == "since") doomed.since = ZonedTime::parse(input.text(member));
            if (key != "holders") continue;
            for (const auto& holder : input.array(member))
                doomed.holders.emplace(input.text(holder));
        }
    }
    return list;
}

std::vector<Doomed> load_doomed(Repository& repository) {
    std::vector<Doomed> list;
    for (const std::string& name : repository.index_files()) {
        try {
            for (Doomed& doomed : decode_doomed(repository.load_text(FileKind::Index, name)))
                if (repository.index().find_pack(doomed.pack) == nullptr)
                    list.push_back(std::move(doomed));
        } catch (const Error& error) {
            // Replaced meanwhile.
            if (error.category() != ErrorCategory::NotFound) throw;
        }
    }
    return list;
}

}  // namespace lifeboat::vault
