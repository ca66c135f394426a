// Statuses move by themselves: Pending and Updating to InService, Deleting to gone (apps: to
// Deleted, and later gone). Each step is a durable job under the row's own id, so a restart goes on
// where the last process stopped; with a delay of zero the step is part of the call itself.
//
// A home directory is made before its owner becomes InService. One that cannot be made ends in
// status Failed with the reason. Fault points: sagemaker.before-home, sagemaker.after-home.
#pragma once

#include <optional>
#include <string>

#include "local/jobs.h"
#include "local/sagemaker/app.h"
#include "local/sagemaker/domain.h"
#include "local/sagemaker/home_owner.h"
#include "local/sagemaker/studio.h"

namespace lifeboat::local::sagemaker {

class Lifecycle {
  public:
    explicit Lifecycle(Studio& studio) : studio_(studio) {}

    // Registers the jobs.
    void prepare();

    // To be called, within the transaction that wrote the row, after its status became Pending,
    // Updating or Deleting.
    void moved(Transaction& tx, const Domain& domain);
    void moved(Transaction& tx, const HomeOwner& owner);
    void moved(Transaction& tx, const App& app);

    // The home must be there now: an app starts in it.
    void want_home(Transaction& tx, const HomeOwner& owner);

  private:
    void schedule(Transaction& tx, std::string_view what, const std::string& id, Duration delay);
    JobResult run(const Job& job);
    JobResult expire(const Job& job);

    // The reason why the directory could not be made; nothing: it is there.
    std::optional<std::string> make_home(const std::string& file_system,
                                         std::optional<std::int64_t> uid);
    // The step itself. `failure`: why what had to be done on disk for it was not.
    void step_domain(Transaction& tx, const std::string& id,
                     const std::optional<std::string>& failure);
    void step_owner(Transaction& tx, std::int64_t id, const std::optional<std::string>& failure);
    void step_app(Transaction& tx, std::int64_t id);
    void remove_domain(Transaction& tx, const Domain& domain);
    void request_home(Transaction& tx, const HomeOwner& owner, Time due);

    Studio& studio_;
};

}  // namespace lifeboat::local::sagemaker
