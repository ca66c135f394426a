#include "local/sagemaker/studio.h"

#include "local/site.h"

namespace lifeboat::local::sagemaker {

Studio::Studio(Site& given)
    : site(given),
      efs(given),
      network(given),
      pending(given.settings.seconds("sagemaker.pending_seconds", Duration(0))),
      deleting(given.settings.seconds("sagemaker.deleting_seconds", Duration(0))),
      app_retention(
          given.settings.seconds("sagemaker.app_retention_seconds", std::chrono::hours(24))),
      home_delay(given.settings.seconds("sagemaker.home_directory_delay_seconds", Duration(0))),
      domain_quota(given.settings.integer("sagemaker.domain_quota", 0)),
      user_profile_quota(given.settings.integer("sagemaker.user_profile_quota", 0)),
      space_quota(given.settings.integer("sagemaker.space_quota", 0)) {}

Time Studio::now() const {
    return site.clock.now();
}

std::string Studio::arn(std::string_view kind, std::string_view path) const {
    return cloud::arn_of(site.place, "sagemaker", std::string(kind) + "/" + std::string(path));
}

}  // namespace lifeboat::local::sagemaker
