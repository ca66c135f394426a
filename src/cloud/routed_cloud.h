// One cloud made of several: each service goes to the one that was chosen for it.
#pragma once

#include <map>
#include <string>

#include "cloud/cloud.h"

namespace lifeboat::cloud {

class RoutedCloud final : public Cloud {
  public:
    // All of them outlive this. Services that are not in `chosen` go to `usual`.
    RoutedCloud(Cloud& usual, std::map<std::string, Cloud*, std::less<>> chosen)
        : usual_(usual), chosen_(std::move(chosen)) {}

    Json call(std::string_view service, std::string_view operation, const Json& request,
              const CallOptions& options) override;
    using Cloud::call;

  private:
    Cloud& usual_;
    const std::map<std::string, Cloud*, std::less<>> chosen_;
};

}  // namespace lifeboat::cloud
