#include "local/sagemaker/lifecycle.h"

#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/log.h"
#include "local/sagemaker/tags.h"
#include "local/site.h"

namespace lifeboat::local::sagemaker {
namespace {

constexpr std::string_view kStepJob = "sagemaker.step";
constexpr std::string_view kExpireJob = "sagemaker.expire-app";
constexpr std::size_t kLongestReason = 1024;  // FailureReason, API reference

Duration delay_of(const Studio& studio, const std::string& status) {
    return status == "Deleting" ? studio.deleting : studio.pending;
}

bool awaits_service(const std::string& status) {
    return status == "Pending" || status == "Updating";
}

}  // namespace

void Lifecycle::prepare() {
    studio_.site.jobs.handle(std::string(kStepJob), [this](const Job& job) { return run(job); });
    studio_.site.jobs.handle(std::string(kExpireJob),
                             [this](const Job& job) { return expire(job); });
}

void Lifecycle::schedule(Transaction& tx, std::string_view what, const std::string& id,
                         Duration delay) {
    studio_.site.jobs.enqueue(tx, kStepJob, std::string(what) + "/" + id,
                              Json{{"What", std::string(what)}, {"Id", id}}, studio_.now() + delay);
}

void Lifecycle::moved(Transaction& tx, const Domain& domain) {
    const Duration delay = delay_of(studio_, domain.status);
    if (delay > Duration(0)) return schedule(tx, "domain", domain.id, delay);
    std::optional<std::string> failure;
    if (domain.status == "Pending") failure = make_home(domain.file_system_id, std::nullopt);
    step_domain(tx, domain.id, failure);
}

void Lifecycle::moved(Transaction& tx, const HomeOwner& owner) {
    const Duration delay = delay_of(studio_, owner.status);
    if (delay > Duration(0)) return schedule(tx, "owner", std::to_string(owner.id), delay);
    std::optional<std::string> failure;
    if (owner.status == "Pending" && owner.uid && studio_.home_delay == Duration(0))
        if (const auto domain = find_domain(tx, owner.domain_id))
            failure = make_home(domain->file_system_id, owner.uid);
    step_owner(tx, owner.id, failure);
}

void Lifecycle::moved(Transaction& tx, const App& app) {
    const Duration delay = delay_of(studio_, app.status);
    if (delay > Duration(0)) return schedule(tx, "app", std::to_string(app.id), delay);
    step_app(tx, app.id);
}

std::optional<std::string> Lifecycle::make_home(const std::string& file_system,
                                                std::optional<std::int64_t> uid) {
    if (file_system.empty()) return std::nullopt;
    try {
        if (!uid) {
            studio_.efs.make_directory(file_system, "", DirectoryOwner{});
            return std::nullopt;
        }
        fault::reach("sagemaker.before-home");
        studio_.efs.make_directory(file_system, std::to_string(*uid),
                                   EfsRegistry::home_owner(*uid));
        fault::reach("sagemaker.after-home");
        return std::nullopt;
    } catch (const Error& error) {
        log::warning("a home directory could not be made",
                     {{"file_system", file_system},
                      {"uid", uid ? std::to_string(*uid) : ""},
                      {"error", error.what()}});
        std::string reason =
            "The home directory could not be created: " + error.code() + ": " + error.message();
        if (reason.size() > kLongestReason) reason.resize(kLongestReason);
        return reason;
    }
}

JobResult Lifecycle::run(const Job& job) {
    const std::string what = require_string(*job.payload, "What");
    const std::string id = require_string(*job.payload, "Id");
    if (what == "app")
        return finished([this, id](Transaction& tx) { step_app(tx, std::stoll(id)); });

    // What is slow or can fail is done outside the transaction, and is idempotent.
    struct Home {
        std::string file_system;
        std::optional<std::int64_t> uid;
    };
    std::optional<Home> wanted = studio_.site.database.read([&](Transaction& tx) {
        std::optional<Home> home;
        if (what == "domain") {
            const auto domain = find_domain(tx, id);
            if (domain && domain->status == "Pending") home = Home{domain->file_system_id, {}};
            return home;
        }
        const auto owner = find_owner(tx, std::stoll(id));
        if (owner && owner->status == "Pending" && owner->uid && studio_.home_delay == Duration(0))
            if (const auto domain = find_domain(tx, owner->domain_id))
                home = Home{domain->file_system_id, owner->uid};
        return home;
    });
    std::optional<std::string> failure;
    if (wanted) failure = make_home(wanted->file_system, wanted->uid);
    return finished([this, what, id, failure](Transaction& tx) {
        if (what == "domain")
            step_domain(tx, id, failure);
        else
            step_owner(tx, std::stoll(id), failure);
    });
}

void Lifecycle::step_domain(Transaction& tx, const std::string& id,
                            const std::optional<std::string>& failure) {
    auto domain = find_domain(tx, id);
    if (!domain) return;
    if (domain->status == "Deleting") return remove_domain(tx, *domain);
    if (!awaits_service(domain->status)) return;
    domain->status = failure ? "Failed" : "InService";
    domain->failure_reason = failure.value_or("");
    domain->modified = studio_.now();
    update_domain(tx, *domain);
}

void Lifecycle::remove_domain(Transaction& tx, const Domain& domain) {
    delete_tags(tx, studio_.arn("domain", domain.id));
    delete_domain_row(tx, domain.id);
    if (domain.retention == HomeRetention::Retain || domain.file_system_id.empty()) return;
    studio_.efs.delete_file_system(tx, domain.file_system_id);
    const auto group = studio_.network.group(tx, domain.boundary_group);
    if (!group) return;
    for (const std::string& name : {"security-group-for-inbound-nfs-" + domain.id,
                                    "security-group-for-outbound-nfs-" + domain.id})
        if (const auto own = studio_.network.group_named(tx, group->vpc_id, name))
            studio_.network.delete_group(tx, own->id);
}

void Lifecycle::step_owner(Transaction& tx, std::int64_t id,
                           const std::optional<std::string>& failure) {
    auto owner = find_owner(tx, id);
    if (!owner) return;
    if (owner->status == "Deleting") {
        delete_tags(tx, studio_.arn(arn_kind(owner->kind), owner->domain_id + "/" + owner->name));
        // The directory stays, as on AWS.
        return delete_owner_row(tx, id);
    }
    if (!awaits_service(owner->status)) return;
    const bool was_pending = owner->status == "Pending";
    owner->status = failure ? "Failed" : "InService";
    owner->failure_reason = failure.value_or("");
    owner->modified = studio_.now();
    if (!failure) owner->was_in_service = true;
    update_owner(tx, *owner);
    // Also when the directory is there already: the job makes it survive a power cut.
    if (was_pending && !failure) request_home(tx, *owner, studio_.now() + studio_.home_delay);
}

void Lifecycle::request_home(Transaction& tx, const HomeOwner& owner, Time due) {
    const auto domain = find_domain(tx, owner.domain_id);
    if (!owner.uid || !domain || domain->file_system_id.empty()) return;
    studio_.efs.request_directory(tx, domain->file_system_id, std::to_string(*owner.uid),
                                  EfsRegistry::home_owner(*owner.uid), due);
}

void Lifecycle::want_home(Transaction& tx, const HomeOwner& owner) {
    if (studio_.home_delay > Duration(0)) request_home(tx, owner, studio_.now());
}

void Lifecycle::step_app(Transaction& tx, std::int64_t id) {
    auto app = find_app(tx, id);
    if (!app) return;
    if (app->status == "Pending") {
        app->status = "InService";
        return update_app(tx, *app);
    }
    if (app->status != "Deleting") return;
    delete_tags(tx, studio_.arn("app", app->arn_path()));
    if (studio_.app_retention == Duration(0)) return delete_app_row(tx, id);
    app->status = "Deleted";
    update_app(tx, *app);
    studio_.site.jobs.enqueue(tx, kExpireJob, std::to_string(id), Json{{"Id", id}},
                              studio_.now() + studio_.app_retention);
}

JobResult Lifecycle::expire(const Job& job) {
    const std::int64_t id = require_integer(*job.payload, "Id");
    return finished([id](Transaction& tx) { delete_app_row(tx, id); });
}

}  // namespace lifeboat::local::sagemaker
