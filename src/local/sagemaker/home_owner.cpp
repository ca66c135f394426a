#include "local/sagemaker/home_owner.h"

#include "base/encoding.h"
#include "base/json.h"
#include "local/database.h"
#include "local/sagemaker/errors.h"

namespace lifeboat::local::sagemaker {
namespace {

HomeOwner owner_of(const Row& row) {
    HomeOwner owner;
    owner.id = row.integer(0);
    owner.kind = row.text(1) == "space" ? OwnerKind::Space : OwnerKind::UserProfile;
    owner.domain_id = row.string(2);
    owner.name = row.string(3);
    owner.status = row.string(4);
    owner.failure_reason = row.string(5);
    owner.created = from_epoch_micros(row.integer(6));
    owner.modified = from_epoch_micros(row.integer(7));
    if (!row.is_null(8)) owner.uid = row.integer(8);
    owner.was_in_service = row.integer(9) != 0;
    owner.settings = std::make_shared<const Json>(parse_json(row.text(10), "Studio settings"));
    return owner;
}

}  // namespace

std::string_view type_name(OwnerKind kind) {
    return kind == OwnerKind::Space ? "Space" : "UserProfile";
}

std::string_view arn_kind(OwnerKind kind) {
    return kind == OwnerKind::Space ? "space" : "user-profile";
}

std::string_view name_member(OwnerKind kind) {
    return kind == OwnerKind::Space ? "SpaceName" : "UserProfileName";
}

std::string_view home_owner_schema() {
    return "CREATE TABLE sagemaker_home_owner (id INTEGER PRIMARY KEY AUTOINCREMENT,"
           " kind TEXT NOT NULL, domain_id TEXT NOT NULL, name_key TEXT NOT NULL,"
           " name TEXT NOT NULL, status TEXT NOT NULL, failure_reason TEXT NOT NULL,"
           " created INTEGER NOT NULL, modified INTEGER NOT NULL, uid INTEGER,"
           " was_in_service INTEGER NOT NULL, settings TEXT NOT NULL,"
           " UNIQUE (kind, domain_id, name_key));"
           "CREATE INDEX sagemaker_home_owner_by_age ON sagemaker_home_owner (kind, created, id);"
           "CREATE INDEX sagemaker_home_owner_by_change ON sagemaker_home_owner (kind, modified, "
           "id);"
           "CREATE INDEX sagemaker_space_by_owner ON sagemaker_home_owner (domain_id,"
           " lower(json_extract(settings, '$.OwnershipSettings.OwnerUserProfileName')))"
           " WHERE kind = 'space';";
}

std::string name_key(OwnerKind kind, std::string_view name) {
    return kind == OwnerKind::Space ? std::string(name) : lower_case(name);
}

std::optional<HomeOwner> find_owner(Transaction& tx, std::int64_t id) {
    return tx.one(
        "SELECT id, kind, domain_id, name, status, failure_reason, created, modified, uid,"
        " was_in_service, settings FROM sagemaker_home_owner WHERE id = ?1",
        {id}, owner_of);
}

std::optional<HomeOwner> find_owner(Transaction& tx, OwnerKind kind, std::string_view domain_id,
                                    std::string_view name) {
    return tx.one(
        "SELECT id, kind, domain_id, name, status, failure_reason, created, modified, uid,"
        " was_in_service, settings FROM sagemaker_home_owner"
        " WHERE kind = ?1 AND domain_id = ?2 AND name_key = ?3",
        {arn_kind(kind), domain_id, name_key(kind, name)}, owner_of);
}

HomeOwner require_owner(Transaction& tx, OwnerKind kind, std::string_view domain_id,
                        std::string_view name) {
    auto owner = find_owner(tx, kind, domain_id, name);
    if (!owner) throw not_found(type_name(kind), std::string(domain_id) + "/" + std::string(name));
    return *std::move(owner);
}

void insert_owner(Transaction& tx, HomeOwner& owner) {
    tx.run(
        "INSERT INTO sagemaker_home_owner (kind, domain_id, name_key, name, status,"
        " failure_reason, created, modified, uid, was_in_service, settings)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        {arn_kind(owner.kind), owner.domain_id, name_key(owner.kind, owner.name), owner.name,
         owner.status, owner.failure_reason, to_epoch_micros(owner.created),
         to_epoch_micros(owner.modified), owner.uid, owner.was_in_service ? 1 : 0,
         to_text(*owner.settings)});
    owner.id = tx.last_insert_rowid();
}

void update_owner(Transaction& tx, const HomeOwner& owner) {
    tx.run(
        "UPDATE sagemaker_home_owner SET status = ?2, failure_reason = ?3, modified = ?4, uid = ?5,"
        " was_in_service = ?6, settings = ?7 WHERE id = ?1",
        {owner.id, owner.status, owner.failure_reason, to_epoch_micros(owner.modified), owner.uid,
         owner.was_in_service ? 1 : 0, to_text(*owner.settings)});
}

void delete_owner_row(Transaction& tx, std::int64_t id) {
    tx.run("DELETE FROM sagemaker_home_owner WHERE id = ?1", {id});
}

std::int64_t count_owners(Transaction& tx, OwnerKind kind, std::string_view domain_id) {
    return *tx.one("SELECT count(*) FROM sagemaker_home_owner WHERE kind = ?1 AND domain_id = ?2",
                   {arn_kind(kind), domain_id}, [](const Row& row) { return row.integer(0); });
}

std::vector<std::int64_t> owners_without_uid(Transaction& tx, std::string_view domain_id) {
    std::vector<std::int64_t> ids;
    tx.each("SELECT id FROM sagemaker_home_owner WHERE domain_id = ?1 AND uid IS NULL ORDER BY id",
            {domain_id}, [&](const Row& row) {
                ids.push_back(row.integer(0));
                return true;
            });
    return ids;
}

}  // namespace lifeboat::local::sagemaker
