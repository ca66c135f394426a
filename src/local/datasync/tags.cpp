#include "local/datasync/tags.h"

#include "base/json.h"
#include "local/database.h"
#include "local/datasync/listing.h"
#include "local/datasync/refusal.h"

namespace lifeboat::local::datasync {
namespace {

constexpr std::int64_t kMostTags = 50;

}  // namespace

void put_tags(Transaction& tx, const std::string& resource, const Json& tags) {
    for (const Json& tag : tags) {
        const std::string key = require_string(tag, "Key");
        if (key.starts_with("aws:"))
            refuse("The tag key '" + key + "' is reserved: it begins with 'aws:'.");
        tx.run(
            "INSERT INTO datasync_tag (resource, key, value) VALUES (?1, ?2, ?3)"
            " ON CONFLICT (resource, key) DO UPDATE SET value = excluded.value",
            {resource, key, string_or(tag, "Value", "")});
    }
    const auto count = tx.one("SELECT count(*) FROM datasync_tag WHERE resource = ?1", {resource},
                              [](const Row& row) { return row.integer(0); });
    if (count.value_or(0) > kMostTags)
        refuse("A resource can have at most 50 tags.", "TooManyTags");
}

void remove_tags(Transaction& tx, const std::string& resource, const Json& keys) {
    for (const Json& key : keys)
        tx.run("DELETE FROM datasync_tag WHERE resource = ?1 AND key = ?2",
               {resource, key.get_ref<const std::string&>()});
}

void remove_all_tags(Transaction& tx, const std::string& resource) {
    tx.run("DELETE FROM datasync_tag WHERE resource = ?1", {resource});
}

Json list_tags(Transaction& tx, const std::string& resource, const Json& request) {
    Page page(request);
    tx.each(
        "SELECT number, key, value FROM datasync_tag WHERE resource = ?1 AND number > ?2"
        " ORDER BY number",
        {resource, page.after()}, [&](const Row& row) {
            return page.add(row.integer(0), {{"Key", row.text(1)}, {"Value", row.text(2)}});
        });
    return page.answer("Tags");
}

}  // namespace lifeboat::local::datasync
