#include "local/sagemaker/domain.h"

#include "base/json.h"
#include "local/database.h"
#include "local/sagemaker/errors.h"

namespace lifeboat::local::sagemaker {

std::string_view domain_schema() {
    // UIDs: first and step as Studio gives them.
    return "CREATE TABLE sagemaker_domain (number INTEGER PRIMARY KEY AUTOINCREMENT,"
           " id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, status TEXT NOT NULL,"
           " failure_reason TEXT NOT NULL, created INTEGER NOT NULL, modified INTEGER NOT NULL,"
           " file_system_id TEXT NOT NULL, boundary_group TEXT NOT NULL,"
           " delete_file_system INTEGER NOT NULL, settings TEXT NOT NULL,"
           " next_uid INTEGER NOT NULL DEFAULT 200000);";
}

std::optional<Domain> find_domain(Transaction& tx, std::string_view id) {
    return tx.one(
        "SELECT id, name, status, failure_reason, created, modified, file_system_id,"
        " boundary_group, delete_file_system, settings FROM sagemaker_domain WHERE id = ?1",
        {id}, [](const Row& row) {
            Domain domain;
            domain.id = row.string(0);
            domain.name = row.string(1);
            domain.status = row.string(2);
            domain.failure_reason = row.string(3);
            domain.created = from_epoch_micros(row.integer(4));
            domain.modified = from_epoch_micros(row.integer(5));
            domain.file_system_id = row.string(6);
            domain.boundary_group = row.string(7);
            domain.retention = row.integer(8) != 0 ? HomeRetention::Delete : HomeRetention::Retain;
            domain.settings =
                std::make_shared<const Json>(parse_json(row.text(9), "a domain's settings"));
            return domain;
        });
}

Domain require_domain(Transaction& tx, std::string_view id) {
    auto domain = find_domain(tx, id);
    if (!domain) throw not_found("Domain", id);
    return *std::move(domain);
}

void insert_domain(Transaction& tx, const Domain& domain) {
    tx.run(
        "INSERT INTO sagemaker_domain (id, name, status, failure_reason, created, modified,"
        " file_system_id, boundary_group, delete_file_system, settings)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        {domain.id, domain.name, domain.status, domain.failure_reason,
         to_epoch_micros(domain.created), to_epoch_micros(domain.modified), domain.file_system_id,
         domain.boundary_group, domain.retention == HomeRetention::Delete ? 1 : 0,
         to_text(*domain.settings)});
}

void update_domain(Transaction& tx, const Domain& domain) {
    tx.run(
        "UPDATE sagemaker_domain SET status = ?2, failure_reason = ?3, modified = ?4,"
        " file_system_id = ?5, boundary_group = ?6, delete_file_system = ?7, settings = ?8"
        " WHERE id = ?1",
        {domain.id, domain.status, domain.failure_reason, to_epoch_micros(domain.modified),
         domain.file_system_id, domain.boundary_group,
         domain.retention == HomeRetention::Delete ? 1 : 0, to_text(*domain.settings)});
}

void delete_domain_row(Transaction& tx, std::string_view id) {
    tx.run("DELETE FROM sagemaker_domain WHERE id = ?1", {id});
}

std::int64_t count_domains(Transaction& tx) {
    return *tx.one("SELECT count(*) FROM sagemaker_domain", {},
                   [](const Row& row) { return row.integer(0); });
}

std::int64_t take_uid(Transaction& tx, std::string_view domain_id) {
    constexpr int kStep = 5;
    const auto next = tx.one(
        "UPDATE sagemaker_domain SET next_uid = next_uid + ?2 WHERE id = ?1"
        " RETURNING next_uid",
        {domain_id, kStep}, [](const Row& row) { return row.integer(0); });
    if (!next) throw not_found("Domain", domain_id);
    return *next - kStep;
}

}  // namespace lifeboat::local::sagemaker
