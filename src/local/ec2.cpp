#include "local/ec2.h"

#include "base/json.h"
#include "local/ec2_network.h"
#include "local/site.h"

namespace lifeboat::local {
namespace {

class Ec2Service final : public Service {
  public:
    explicit Ec2Service(Site& site) : site_(site), network_(site) {}

    std::string_view name() const override { return "ec2"; }
    std::vector<std::string> schema() const override { return Ec2Network::schema(); }
    std::vector<Operation> operations() override { return {}; }
    void prepare() override {
        site_.database.write([this](Transaction& tx) { network_.make_default_vpc(tx); });
    }

  private:
    Site& site_;
    Ec2Network network_;
};

}  // namespace

std::unique_ptr<Service> make_ec2_service(Site& site) {
    return std::make_unique<Ec2Service>(site);
}

}  // namespace lifeboat::local
