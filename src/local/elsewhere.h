// Services that another cloud plays for this one: DynamoDB by AWS, the rest here.
//
// Every call of such a service goes there, whoever makes it: functions, state machines, deliveries,
// event source mappings, the definitions that are loaded at the start, clients of the endpoint.
// Streams there are polled, since nothing here is told of their records; a call's token goes along,
// but AWS does not keep it, so after a crash an effect there may be had twice (a message sent
// twice), as from Lambda on AWS. A cloud that plays a service may leave it to another one in turn,
// but not for ever: a call that comes round in a circle is refused.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/json_fwd.h"
#include "cloud/cloud.h"

namespace lifeboat::local {

class Elsewhere {
  public:
    // By the service's name. The clouds outlive this.
    using Clouds = std::map<std::string, cloud::Cloud*, std::less<>>;

    Elsewhere() = default;
    // Throws Error{InvalidInput, "ServicesBelongTogether"} where a service stays here that works
    // inside the transactions of one that does not.
    explicit Elsewhere(Clouds clouds);

    // nullptr: the service is here.
    cloud::Cloud* find(std::string_view service) const;
    // Hands a call on to `other`. Throws Error{InvalidInput, "ServiceLeadsBack"} for one that was
    // handed on too often, and what `other` throws.
    static Json hand_on(cloud::Cloud& other, std::string_view service, std::string_view operation,
                        const Json& request, const cloud::CallOptions& options);

  private:
    Clouds clouds_;
};

}  // namespace lifeboat::local
