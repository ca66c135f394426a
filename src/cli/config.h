// lifeboat.toml.
//
//   region = "us-east-1"            account = "000000000000"        partition = "aws"
//   listen = "127.0.0.1:7411"
//   [log]    level = "info"         format = "text" | "json"
//   [deploy] stack, vpc, subnet, bucket, seed = "yes"      what `lifeboat deploy` is not told
//   [services] dynamodb = "aws"     who plays a service: "aws", "local", or the URL of an endpoint
//   [recovery] copy_engine = "worker" ...    settings of its functions (docs/recovery.md)
//   [local.<service>] ...           settings of the local cloud (docs/configuration.md)
//
// Looked for at --config, $LIFEBOAT_CONFIG, then <data>/lifeboat.toml; it may be absent.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "cloud/arn.h"
#include "local/settings.h"

namespace lifeboat::cli {

struct Config {
    cloud::Place place;
    std::string listen = "127.0.0.1:7411";
    std::string log_level = "warning";
    std::string log_format = "text";
    local::Settings settings;
    std::map<std::string, std::string> deploy;
    std::map<std::string, std::string> recovery;
    std::map<std::string, std::string> services;  // to "aws", "local" or a URL
};

// `named`: the file must exist. Throws Error{InvalidInput, "InvalidConfiguration"} that names the
// file, the line and the key; unknown keys, settings of recovery that mean nothing and endpoints
// that are no URL are errors.
Config load_config(const std::optional<std::filesystem::path>& named,
                   const std::filesystem::path& data);

}  // namespace lifeboat::cli
