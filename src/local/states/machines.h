// State machines of the local cloud: rows, and the operations on them.
//
// A definition is stored once per revision. Executions name the revision they started with, so that
// an update or a deletion does not touch what runs.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "flow/machine.h"
#include "local/database.h"
#include "local/service.h"
#include "local/site.h"

namespace lifeboat::local::states {

struct MachineRow {
    std::string arn, name, role_arn, status, revision, type;
    Time created;

    bool is_express() const { return type == "EXPRESS"; }
};

struct RevisionRow {
    std::string definition, role_arn;
    Time created;
};

// What an ARN of a machine, with or without a version or alias, stands for.
struct Target {
    MachineRow machine;
    std::string revision;
    std::optional<std::string> version_arn, alias_arn;
    std::string description;  // of the version
};

class Machines {
  public:
    // `site` must outlive it.
    explicit Machines(Site& site) : site_(site) {}

    std::vector<Operation> operations();

    std::optional<MachineRow> find(Transaction& tx, const std::string& arn) const;
    // Throws Error{NotFound, "StateMachineDoesNotExist"}.
    MachineRow require(Transaction& tx, const std::string& arn) const;
    // Throws Error{AlreadyExists, "StateMachineDeleting"} as well.
    MachineRow require_active(Transaction& tx, const std::string& arn) const;
    // An alias is followed to one of its versions, by weight. Throws as `require` does.
    Target resolve(Transaction& tx, const std::string& arn) const;
    RevisionRow revision(Transaction& tx, const std::string& id) const;
    // The validated machine of a revision; kept for further executions. Thread-safe.
    std::shared_ptr<const flow::Machine> parsed(const std::string& revision);
    // Removes a machine that was being deleted, once none of its executions runs.
    static void finish_deletion(Transaction& tx, const std::string& arn);

  private:
    Json create(Transaction& tx, const Json& request);
    Json update(Transaction& tx, const Json& request);
    Json describe(Transaction& tx, const Json& request) const;
    Json remove(Transaction& tx, const Json& request);
    Json list(Transaction& tx, const Json& request) const;
    // Publishes a version when the request asks for it, and says so in the answer.
    void add_version(Transaction& tx, const MachineRow& machine, const Json& request, Json& answer);
    std::string add_revision(Transaction& tx, const std::string& definition,
                             const std::string& role_arn);

    Site& site_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<const flow::Machine>> parsed_;
};

}  // namespace lifeboat::local::states
