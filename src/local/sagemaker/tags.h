// Tags of domains, user profiles, spaces and apps, by ARN.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "local/sagemaker/studio.h"
#include "local/service.h"

namespace lifeboat::local::sagemaker {

std::string_view tag_schema();

// Adds or replaces those of a Create or AddTags request. Throws Error ValidationException for
// "aws:" keys, keys given twice, more than 50 tags.
void add_tags(Transaction& tx, const std::string& arn, const Json* tags);
void delete_tags(Transaction& tx, const std::string& arn);

class Tags {
  public:
    explicit Tags(Studio& studio) : studio_(studio) {}
    std::vector<Operation> operations();

  private:
    Json add(Transaction& tx, const Json& request);
    Json list(Transaction& tx, const Json& request);
    Json remove(Transaction& tx, const Json& request);
    // The ARN as the resource itself has it. Throws Error ValidationException when there is none.
    std::string resource(Transaction& tx, const Json& request);

    Studio& studio_;
};

}  // namespace lifeboat::local::sagemaker
