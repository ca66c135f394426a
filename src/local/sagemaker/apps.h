// CreateApp, DescribeApp, ListApps, DeleteApp. An app here is its record: nothing runs.
#pragma once

#include <vector>

#include "local/sagemaker/app.h"
#include "local/sagemaker/lifecycle.h"
#include "local/service.h"

namespace lifeboat::local::sagemaker {

class Apps {
  public:
    Apps(Studio& studio, Lifecycle& lifecycle) : studio_(studio), lifecycle_(lifecycle) {}
    std::vector<Operation> operations();

  private:
    Json create(Transaction& tx, const Json& request);
    Json describe(Transaction& tx, const Json& request);
    Json list(Transaction& tx, const Json& request);
    Json remove(Transaction& tx, const Json& request);

    std::string arn(const App& app) const;
    // The app a request names, deleted ones too. Throws Error ResourceNotFound.
    App named(Transaction& tx, const Json& request) const;

    Studio& studio_;
    Lifecycle& lifecycle_;
};

}  // namespace lifeboat::local::sagemaker
