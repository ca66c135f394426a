// The CloudTrail form of a call: the event that says who called what with which outcome.
//
// Source: CloudTrail user guide, "record contents"; EventBridge user guide, "AWS service events
// delivered via CloudTrail".
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/json_fwd.h"
#include "base/random.h"
#include "cloud/arn.h"
#include "cloud/model.h"
#include "local/service.h"

namespace lifeboat {
class Error;
}

namespace lifeboat::local {

struct TrailedCall {
    const cloud::ServiceModel& service;
    const cloud::OperationModel& operation;
    const Json& request;
    // One of the two: what it answered, or why it failed.
    const Json* response = nullptr;
    const Error* error = nullptr;
};

// The whole EventBridge envelope, `detail-type` "AWS API Call via CloudTrail". Every call of it
// makes a new event id.
Json trail_event(const TrailedCall& call, const Caller& caller, const cloud::Place& place, Time now,
                 Random& random);

// "UserProfileName" -> "userProfileName", in every object of `value`.
Json with_lower_first_names(const Json& value);

}  // namespace lifeboat::local
