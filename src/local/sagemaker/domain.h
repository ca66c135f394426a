// A Studio domain as the database keeps it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json_fwd.h"

namespace lifeboat::local {
class Transaction;
}

namespace lifeboat::local::sagemaker {

// Whether DeleteDomain takes the file system along (RetentionPolicy.HomeEfsFileSystem).
enum class HomeRetention { Retain, Delete };

struct Domain {
    std::string id;  // "d-" and twelve of 0-9a-z
    std::string name;
    std::string status;
    std::string failure_reason;
    Time created;
    Time modified;
    std::string file_system_id;  // empty: HomeEfsFileSystemCreation is Disabled
    std::string boundary_group;  // of the mount targets; empty likewise
    HomeRetention retention = HomeRetention::Retain;
    // The members of DescribeDomain that CreateDomain and UpdateDomain set.
    std::shared_ptr<const Json> settings;
};

std::string_view domain_schema();

std::optional<Domain> find_domain(Transaction& tx, std::string_view id);
// Throws Error ResourceNotFound.
Domain require_domain(Transaction& tx, std::string_view id);
void insert_domain(Transaction& tx, const Domain& domain);
void update_domain(Transaction& tx, const Domain& domain);
void delete_domain_row(Transaction& tx, std::string_view id);
std::int64_t count_domains(Transaction& tx);

// The next free UID, given once: 200000, 200005, ...
std::int64_t take_uid(Transaction& tx, std::string_view domain_id);

}  // namespace lifeboat::local::sagemaker
