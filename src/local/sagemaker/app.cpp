#include "local/sagemaker/app.h"

#include "base/encoding.h"
#include "base/json.h"
#include "local/database.h"

namespace lifeboat::local::sagemaker {
namespace {

App app_of(const Row& row) {
    App app;
    app.id = row.integer(0);
    app.domain_id = row.string(1);
    app.owner_kind = row.text(2) == "space" ? OwnerKind::Space : OwnerKind::UserProfile;
    app.owner_name = row.string(3);
    app.type = row.string(4);
    app.name = row.string(5);
    app.status = row.string(6);
    app.failure_reason = row.string(7);
    app.created = from_epoch_micros(row.integer(8));
    app.settings = std::make_shared<const Json>(parse_json(row.text(9), "an app's settings"));
    return app;
}

}  // namespace

std::string App::arn_path() const {
    return domain_id + "/" + owner_name + "/" + lower_case(type) + "/" + name;
}

std::string_view app_schema() {
    return "CREATE TABLE sagemaker_app (id INTEGER PRIMARY KEY AUTOINCREMENT,"
           " domain_id TEXT NOT NULL, owner_kind TEXT NOT NULL, owner_key TEXT NOT NULL,"
           " owner_name TEXT NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL, status TEXT NOT "
           "NULL,"
           " failure_reason TEXT NOT NULL, created INTEGER NOT NULL, settings TEXT NOT NULL);"
           "CREATE INDEX sagemaker_app_by_owner"
           " ON sagemaker_app (domain_id, owner_kind, owner_key, type, name);"
           "CREATE INDEX sagemaker_app_by_age ON sagemaker_app (created, id);";
}

std::optional<App> find_app(Transaction& tx, std::int64_t id) {
    return tx.one(
        "SELECT id, domain_id, owner_kind, owner_name, type, name, status, failure_reason, created,"
        " settings FROM sagemaker_app WHERE id = ?1",
        {id}, app_of);
}

std::optional<App> find_app(Transaction& tx, const App& like) {
    return tx.one(
        "SELECT id, domain_id, owner_kind, owner_name, type, name, status, failure_reason, created,"
        " settings FROM sagemaker_app WHERE domain_id = ?1 AND owner_kind = ?2 AND owner_key = ?3"
        " AND type = ?4 AND name = ?5 ORDER BY id DESC LIMIT 1",
        {like.domain_id, arn_kind(like.owner_kind), name_key(like.owner_kind, like.owner_name),
         like.type, like.name},
        app_of);
}

void insert_app(Transaction& tx, App& app) {
    tx.run(
        "INSERT INTO sagemaker_app (domain_id, owner_kind, owner_key, owner_name, type, name,"
        " status, failure_reason, created, settings)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        {app.domain_id, arn_kind(app.owner_kind), name_key(app.owner_kind, app.owner_name),
         app.owner_name, app.type, app.name, app.status, app.failure_reason,
         to_epoch_micros(app.created), to_text(*app.settings)});
    app.id = tx.last_insert_rowid();
}

void update_app(Transaction& tx, const App& app) {
    tx.run("UPDATE sagemaker_app SET status = ?2, failure_reason = ?3 WHERE id = ?1",
           {app.id, app.status, app.failure_reason});
}

void delete_app_row(Transaction& tx, std::int64_t id) {
    tx.run("DELETE FROM sagemaker_app WHERE id = ?1", {id});
}

std::int64_t count_live_apps(Transaction& tx, const HomeOwner& owner) {
    return *tx.one(
        "SELECT count(*) FROM sagemaker_app WHERE domain_id = ?1 AND owner_kind = ?2"
        " AND owner_key = ?3 AND status NOT IN ('Deleted', 'Failed')",
        {owner.domain_id, arn_kind(owner.kind), name_key(owner.kind, owner.name)},
        [](const Row& row) { return row.integer(0); });
}

}  // namespace lifeboat::local::sagemaker
