// CreateDomain, DescribeDomain, ListDomains, UpdateDomain, DeleteDomain.
//
// A domain stands in a VPC (the default one unless told) and has a file system with a mount target
// in each of its subnets' zones, guarded by the group security-group-for-inbound-nfs-<domain id>.
#pragma once

#include <vector>

#include "base/json_fwd.h"
#include "local/sagemaker/domain.h"
#include "local/sagemaker/lifecycle.h"
#include "local/service.h"

namespace lifeboat::local::sagemaker {

class Domains {
  public:
    Domains(Studio& studio, Lifecycle& lifecycle) : studio_(studio), lifecycle_(lifecycle) {}
    std::vector<Operation> operations();

  private:
    Json create(Transaction& tx, const Json& request);
    Json describe(Transaction& tx, const Json& request);
    Json list(Transaction& tx, const Json& request);
    Json update(Transaction& tx, const Json& request);
    Json remove(Transaction& tx, const Json& request);

    void settle_network(Transaction& tx, Json& settings);
    void make_file_system(Transaction& tx, Domain& domain, const Json& settings);
    void mount(Transaction& tx, const Domain& domain, const Json& settings);
    void give_uids(Transaction& tx, const Domain& domain);
    Json overview(const Domain& domain);
    std::string url(const Domain& domain) const;

    Studio& studio_;
    Lifecycle& lifecycle_;
};

}  // namespace lifeboat::local::sagemaker
