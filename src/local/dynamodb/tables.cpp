#include "local/dynamodb/tables.h"

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::local::dynamodb {

std::vector<std::string> Tables::schema() {
    return {R"(
CREATE TABLE dynamodb_state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    generation INTEGER NOT NULL,
    next_id INTEGER NOT NULL
);
INSERT INTO dynamodb_state VALUES (1, 1, 1);
CREATE TABLE dynamodb_table (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    definition TEXT NOT NULL
);
CREATE TABLE dynamodb_count (
    table_id INTEGER PRIMARY KEY,
    items INTEGER NOT NULL,
    bytes INTEGER NOT NULL
);
CREATE TABLE dynamodb_tag (
    table_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (table_id, key)
) WITHOUT ROWID;
)"};
}

std::shared_ptr<const Table> Tables::find(Transaction& tx, std::string_view name_or_arn) {
    std::string_view name = name_or_arn;
    const auto arn = cloud::parse_arn(name_or_arn);
    if (arn) {
        const cloud::Place& place = site_.place;
        const std::string_view front = "table/";
        if (arn->service != "dynamodb" || arn->region != place.region ||
            arn->account != place.account || !arn->resource.starts_with(front))
            return nullptr;
        name = std::string_view(arn->resource).substr(front.size());
    }
    const auto generation = tx.one("SELECT generation FROM dynamodb_state", {},
                                   [](const Row& row) { return row.integer(0); });
    std::shared_ptr<const ByName> tables;
    {
        const std::scoped_lock lock(mutex_);
        if (generation_ == *generation) tables = tables_;
    }
    if (!tables) {
        auto loaded = std::make_shared<ByName>();
        tx.each("SELECT definition FROM dynamodb_table", {}, [&](const Row& row) {
            Table table = table_from_json(parse_json(row.text(0), "a table's description"));
            std::string table_name = table.name;
            loaded->emplace(std::move(table_name), std::make_shared<const Table>(std::move(table)));
            return true;
        });
        tables = std::move(loaded);
        const std::scoped_lock lock(mutex_);
        tables_ = tables;
        generation_ = *generation;
    }
    const auto it = tables->find(name);
    return it == tables->end() ? nullptr : it->second;
}

std::shared_ptr<const Table> Tables::require(Transaction& tx, std::string_view name_or_arn) {
    auto table = find(tx, name_or_arn);
    if (table == nullptr)
        throw Error(ErrorCategory::NotFound, "ResourceNotFoundException",
                    "Requested resource not found");
    return table;
}

std::vector<std::string> Tables::names(Transaction& tx, std::string_view after,
                                       std::int64_t limit) {
    std::vector<std::string> names;
    tx.each("SELECT name FROM dynamodb_table WHERE name > ?1 ORDER BY name LIMIT ?2",
            {after, limit}, [&](const Row& row) {
                names.push_back(row.string(0));
                return true;
            });
    return names;
}

void Tables::insert(Transaction& tx, const Table& table) {
    tx.run("INSERT INTO dynamodb_table (id, name, definition) VALUES (?1, ?2, ?3)",
           {table.id, table.name, to_text(to_json(table))});
    tx.run("INSERT INTO dynamodb_count (table_id, items, bytes) VALUES (?1, 0, 0)", {table.id});
    new_generation(tx);
}

void Tables::save(Transaction& tx, const Table& table) {
    tx.run("UPDATE dynamodb_table SET definition = ?2 WHERE id = ?1",
           {table.id, to_text(to_json(table))});
    new_generation(tx);
}

void Tables::remove(Transaction& tx, const Table& table) {
    tx.run("DELETE FROM dynamodb_table WHERE id = ?1", {table.id});
    tx.run("DELETE FROM dynamodb_count WHERE table_id = ?1", {table.id});
    tx.run("DELETE FROM dynamodb_tag WHERE table_id = ?1", {table.id});
    new_generation(tx);
}

void Tables::new_generation(Transaction& tx) {
    tx.run("UPDATE dynamodb_state SET generation = ?1",
           {static_cast<std::int64_t>(site_.random.next() >> 1)});
}

std::int64_t Tables::next_id(Transaction& tx) {
    return *tx.one("UPDATE dynamodb_state SET next_id = next_id + 1 RETURNING next_id", {},
                   [](const Row& row) { return row.integer(0); });
}

}  // namespace lifeboat::local::dynamodb
