// The list of packs that wait for their deletion, as prune keeps it in an index file.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "vault/id.h"
#include "vault/repository.h"
#include "vault/zoned_time.h"

namespace lifeboat::vault {

struct Doomed {
    Id pack;
    ZonedTime since;
    // Who held locks then: "host:process".
    std::set<std::string> holders;
};

// An index file without packs, but with this list.
std::string encode_doomed(const std::vector<Doomed>& list);
// The list in an index file; empty where there is none. Throws Corruption.
std::vector<Doomed> decode_doomed(std::string_view index_text);
// Those in the index files the repository read, but for packs that are indexed again: they were
// relied on since. Several lists may name the same pack.
std::vector<Doomed> load_doomed(Repository& repository);

}  // namespace lifeboat::vault
