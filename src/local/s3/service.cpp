#include "local/s3/service.h"

#include <algorithm>

#include "base/json.h"
#include "base/log.h"
#include "local/page_token.h"
#include "local/s3/listing.h"
#include "local/s3/multipart.h"
#include "local/s3/objects.h"
#include "local/s3/refusal.h"
#include "local/s3/restore_object.h"

namespace lifeboat::local {
namespace s3 {
namespace {

constexpr std::int64_t kMostBuckets = 10'000;  // a page; AWS's quota of buckets too

bool is_bucket_name(const std::string& name) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    };
    const auto end = [](char c) { return c != '-' && c != '.'; };
    return name.size() >= 3 && name.size() <= 63 && std::all_of(name.begin(), name.end(), plain) &&
           end(name.front()) && end(name.back()) && name.find("..") == std::string::npos;
}

Json create_bucket(Store& store, Transaction& tx, const Json& request) {
    refuse_special(request);
    const std::string name = require_string(request, "Bucket");
    if (!is_bucket_name(name))
        throw refusal("InvalidBucketName", "The specified bucket is not valid.",
                      Json{{"BucketName", name}});
    const std::string& here = store.site.place.region;
    std::string region;
    if (const Json* configuration = find(request, "CreateBucketConfiguration")) {
        region = string_or(*configuration, "LocationConstraint", "");
        if (find(*configuration, "Tags") != nullptr)
            throw refusal("NotImplemented", "The local cloud tags no buckets: leave out Tags.");
    }
    if ((region.empty() ? "us-east-1" : region) != here)
        throw refusal("IllegalLocationConstraintException",
                      "The location constraint must be the Region of this endpoint, '" + here +
                          "' (left out in us-east-1), not '" + region + "'.");
    if (bool_or(request, "ObjectLockEnabledForBucket", false))
        throw refusal("NotImplemented", "The local cloud does not offer object lock.");
    const std::string ownership = string_or(request, "ObjectOwnership", "BucketOwnerEnforced");
    if (ownership != "BucketOwnerEnforced")
        throw refusal("NotImplemented",
                      "The local cloud offers the object ownership "
                      "BucketOwnerEnforced only, not '" +
                          ownership + "'.");
    const Json answer = {{"Location", "/" + name}, {"BucketArn", "arn:aws:s3:::" + name}};
    if (tx.one("SELECT 1 FROM s3_bucket WHERE name = ?1", {name},
               [](const Row&) { return true; })) {
        // In us-east-1 the owner's second creation is no error.
        if (here == "us-east-1") return answer;
        throw refusal("BucketAlreadyOwnedByYou",
                      "Your previous request to create the named bucket succeeded and you already "
                      "own it.",
                      Json{{"BucketName", name}});
    }
    tx.run("INSERT INTO s3_bucket (name, created, versioning) VALUES (?1, ?2, '')",
           {name, micros(store.site.clock.now())});
    return answer;
}

Json delete_bucket(Store& store, Transaction& tx, const Json& request) {
    check_owner(store, request);
    const BucketRow bucket = bucket_named(tx, require_string(request, "Bucket"));
    if (tx.one("SELECT 1 FROM s3_object WHERE bucket = ?1 UNION ALL SELECT 1 FROM s3_upload"
               " WHERE bucket = ?1 LIMIT 1",
               {bucket.name}, [](const Row&) { return true; }))
        throw refusal("BucketNotEmpty",
                      "The bucket you tried to delete is not empty: delete its objects, their "
                      "versions and the uploads under way first.",
                      Json{{"BucketName", bucket.name}});
    tx.run("DELETE FROM s3_bucket WHERE name = ?1", {bucket.name});
    return Json::object();
}

Json head_bucket(Store& store, Transaction& tx, const Json& request) {
    check_owner(store, request);
    const BucketRow bucket = bucket_named(tx, require_string(request, "Bucket"));
    return Json{{"BucketRegion", store.site.place.region},
                {"BucketArn", "arn:aws:s3:::" + bucket.name}};
}

Json list_buckets(Store& store, Transaction& tx, const Json& request) {
    const std::string scope =
        listing_scope("ListBuckets", request, {"ContinuationToken", "MaxBuckets"});
    const std::int64_t limit =
        std::clamp<std::int64_t>(integer_or(request, "MaxBuckets", kMostBuckets), 1, kMostBuckets);
    std::string after;
    if (const auto token = find_string(request, "ContinuationToken")) {
        const auto position = page_position(scope, *token);
        if (!position)
            throw refusal("InvalidArgument", "The continuation token provided is incorrect");
        after = *position;
    }
    const std::string prefix = string_or(request, "Prefix", "");
    Json answer = {{"Owner", owner(store)}, {"Buckets", Json::array()}};
    if (!prefix.empty()) answer["Prefix"] = prefix;
    if (string_or(request, "BucketRegion", store.site.place.region) != store.site.place.region)
        return answer;
    tx.each("SELECT name, created FROM s3_bucket WHERE name > ?1 AND name >= ?2 ORDER BY name",
            {after, prefix}, [&](const Row& row) {
                const std::string name = row.string(0);
                if (!name.starts_with(prefix)) return false;
                if (static_cast<std::int64_t>(answer["Buckets"].size()) == limit) {
                    answer["ContinuationToken"] =
                        page_token(scope, require_string(answer["Buckets"].back(), "Name"));
                    return false;
                }
                answer["Buckets"].push_back({{"Name", name},
                                             {"CreationDate", seconds(row.integer(1))},
                                             {"BucketRegion", store.site.place.region}});
                return true;
            });
    return answer;
}

Json bucket_location(Store& store, Transaction& tx, const Json& request) {
    check_owner(store, request);
    bucket_named(tx, require_string(request, "Bucket"));
    // us-east-1 is the empty constraint.
    if (store.site.place.region == "us-east-1") return Json::object();
    return Json{{"LocationConstraint", store.site.place.region}};
}

Json put_versioning(Store& store, Transaction& tx, const Json& request) {
    refuse_special(request);
    check_owner(store, request);
    const BucketRow bucket = bucket_named(tx, require_string(request, "Bucket"));
    const Json& configuration = require(request, "VersioningConfiguration");
    if (string_or(configuration, "MFADelete", "Disabled") != "Disabled")
        throw refusal("NotImplemented", "The local cloud does not offer MFADelete.");
    const auto status = find_string(configuration, "Status");
    if (!status)
        throw refusal("IllegalVersioningConfigurationException",
                      "The Versioning element must be specified");
    tx.run("UPDATE s3_bucket SET versioning = ?2 WHERE name = ?1", {bucket.name, *status});
    return Json::object();
}

Json get_versioning(Store& store, Transaction& tx, const Json& request) {
    check_owner(store, request);
    const BucketRow bucket = bucket_named(tx, require_string(request, "Bucket"));
    if (bucket.versioning.empty()) return Json::object();
    return Json{{"Status", bucket.versioning}};
}

class S3Service final : public Service {
  public:
    explicit S3Service(Site& site) : store_(site) {}

    std::string_view name() const override { return "s3"; }
    std::vector<std::string> schema() const override { return row_schema(); }

    std::vector<Operation> operations() override {
        const auto with = [this](auto function) {
            return [this, function](Transaction& tx, const Json& request, const Caller&) {
                return function(store_, tx, request);
            };
        };
        std::vector<Operation> all = {
            writes("CreateBucket", with(create_bucket)),
            writes("DeleteBucket", with(delete_bucket)),
            reads("HeadBucket", with(head_bucket)),
            reads("ListBuckets", with(list_buckets)),
            reads("GetBucketLocation", with(bucket_location)),
            writes("PutBucketVersioning", with(put_versioning)),
            reads("GetBucketVersioning", with(get_versioning)),
        };
        for (auto more : {object_operations(store_), multipart_operations(store_),
                          listing_operations(store_), restore_operations(store_)})
            std::move(more.begin(), more.end(), std::back_inserter(all));
        return all;
    }

    void prepare() override {
        store_.site.jobs.when_clock_is_set_back(follow_clock_back);
        sweep();
    }

  private:
    // What a crash left between a file and its row.
    void sweep() {
        const std::size_t removed = store_.site.database.read([&](Transaction& tx) {
            return store_.files.sweep([&](const std::string& file) {
                return tx
                    .one(
                        "SELECT 1 FROM s3_segment WHERE file = ?1 UNION ALL"
                        " SELECT 1 FROM s3_part WHERE file = ?1 LIMIT 1",
                        {file}, [](const Row&) { return true; })
                    .has_value();
            });
        });
        if (removed > 0)
            log::info("files that no object refers to were removed",
                      {{"files", std::to_string(removed)}});
    }

    Store store_;
};

}  // namespace
}  // namespace s3

std::unique_ptr<Service> make_s3_service(Site& site) {
    return std::make_unique<s3::S3Service>(site);
}

}  // namespace lifeboat::local
