// What every verb's command line may say.
#pragma once

#include <string>

namespace lifeboat::cli {

struct Globals {
    std::string data;    // --data, LIFEBOAT_DATA
    std::string config;  // --config, LIFEBOAT_CONFIG
    std::string cloud = "local";
    std::string endpoint_url;  // --endpoint-url, AWS_ENDPOINT_URL
    std::string region;        // --region, AWS_REGION, AWS_DEFAULT_REGION
    std::string profile;       // --profile, AWS_PROFILE
    std::string log_level;     // --log-level
    bool json = false;
};

}  // namespace lifeboat::cli
