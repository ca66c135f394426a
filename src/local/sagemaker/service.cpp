#include "local/sagemaker/service.h"

#include <iterator>

#include "base/json.h"
#include "local/sagemaker/apps.h"
#include "local/sagemaker/domains.h"
#include "local/sagemaker/spaces.h"
#include "local/sagemaker/tags.h"
#include "local/sagemaker/user_profiles.h"

namespace lifeboat::local {
namespace sagemaker {
namespace {

class SagemakerService final : public Service {
  public:
    explicit SagemakerService(Site& site)
        : studio_(site),
          lifecycle_(studio_),
          owners_(studio_, lifecycle_),
          domains_(studio_, lifecycle_),
          user_profiles_(owners_),
          spaces_(studio_, owners_),
          apps_(studio_, lifecycle_),
          tags_(studio_) {}

    std::string_view name() const override { return "sagemaker"; }
    bool is_trailed() const override { return true; }
    void prepare() override { lifecycle_.prepare(); }

    std::vector<std::string> schema() const override {
        std::string first;
        for (const std::string_view part :
             {domain_schema(), home_owner_schema(), app_schema(), tag_schema()})
            first += part;
        return {first};
    }

    std::vector<Operation> operations() override {
        std::vector<Operation> all;
        const auto add = [&](std::vector<Operation> some) {
            all.insert(all.end(), std::make_move_iterator(some.begin()),
                       std::make_move_iterator(some.end()));
        };
        add(domains_.operations());
        add(user_profiles_.operations());
        add(spaces_.operations());
        add(apps_.operations());
        add(tags_.operations());
        return all;
    }

  private:
    Studio studio_;
    Lifecycle lifecycle_;
    HomeOwners owners_;
    Domains domains_;
    UserProfiles user_profiles_;
    Spaces spaces_;
    Apps apps_;
    Tags tags_;
};

}  // namespace
}  // namespace sagemaker

std::unique_ptr<Service> make_sagemaker_service(Site& site) {
    return std::make_unique<sagemaker::SagemakerService>(site);
}

}  // namespace lifeboat::local
