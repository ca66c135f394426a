#include "local/sts.h"

#include "base/json.h"

namespace lifeboat::local {
namespace {

class StsService final : public Service {
  public:
    std::string_view name() const override { return "sts"; }

    std::vector<Operation> operations() override {
        return {reads("GetCallerIdentity", [](Transaction&, const Json&, const Caller& caller) {
            return Json{
                {"UserId", caller.user_id}, {"Account", caller.account}, {"Arn", caller.arn}};
        })};
    }
};

}  // namespace

std::unique_ptr<Service> make_sts_service(Site&) {
    return std::make_unique<StsService>();
}

}  // namespace lifeboat::local
