#include "cloud/default_credentials.h"

#include <charconv>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "cloud/aws_cloud.h"
#include "cloud/metadata_credentials.h"
#include "cloud/process_credentials.h"
#include "cloud/refreshing_credentials.h"
#include "cloud/role_credentials.h"

namespace lifeboat::cloud {
namespace {

using Provider = std::unique_ptr<CredentialsProvider>;

constexpr int kShortestSession = 900;  // seconds, STS's limits
constexpr int kLongestSession = 43'200;

std::optional<int> number(std::string_view text) {
    int value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

Error invalid(const Profile& profile, const std::string& problem) {
    return Error(ErrorCategory::InvalidInput, "InvalidProfile",
                 "the profile '" + profile.name + "' " + problem);
}

// STS as whoever may take a role; owns the credentials it signs with.
class Sts final : public Cloud {
  public:
    Sts(const CredentialsWorld& world, aws::CloudOptions options, Provider credentials)
        : credentials_(std::move(credentials)),
          cloud_(std::move(options), *credentials_, world.transport, world.clock, world.random) {}
    Json call(std::string_view service, std::string_view operation, const Json& request,
              const CallOptions& options) override {
        return cloud_.call(service, operation, request, options);
    }

  private:
    Provider credentials_;
    aws::Cloud cloud_;
};

// Reads profiles that refer to each other.
class Builder {
  public:
    Builder(const CredentialsWorld& world, std::string_view region)
        : world_(world), region_(region) {}

    Provider chain(std::string_view profile) {
        std::vector<Provider> sources;
        if (profile.empty()) {
            sources.push_back(std::make_unique<EnvironmentCredentials>(world_.environment));
            if (Provider web = web_identity_of_environment()) sources.push_back(std::move(web));
        }
        if (Provider own = of_profile(load_profile(world_.environment, profile)))
            sources.push_back(std::move(own));
        sources.push_back(
            std::make_unique<ContainerCredentials>(world_.environment, world_.metadata));
        sources.push_back(
            std::make_unique<InstanceCredentials>(world_.environment, world_.metadata));
        return remembered(std::make_unique<CredentialsChain>(std::move(sources)));
    }

  private:
    Provider remembered(Provider source) {
        return std::make_unique<RefreshingCredentials>(std::move(source), world_.clock);
    }

    Provider web_identity_of_environment() {
        const auto file = os::get(world_.environment, "AWS_WEB_IDENTITY_TOKEN_FILE");
        const auto arn = os::get(world_.environment, "AWS_ROLE_ARN");
        if (!file || !arn) return nullptr;
        Role role;
        role.arn = *arn;
        role.session_name = os::get(world_.environment, "AWS_ROLE_SESSION_NAME").value_or("");
        role.web_identity_token_file = *file;
        return taking(std::move(role), Profile{}, nullptr);
    }

    // Null: the profile says nothing about credentials.
    Provider of_profile(const Profile& profile) {
        if (!profile.get("role_arn").empty()) return of_role(profile);
        if (Provider own = own_of(profile)) return own;
        for (const char* setting : {"sso_session", "sso_start_url"})
            if (!profile.get(setting).empty())
                throw invalid(profile, "signs in with a browser (" + std::string(setting) +
                                           "), which is not offered; set credential_process = aws "
                                           "configure export-credentials --profile " +
                                           profile.name + " in a profile of its own");
        return nullptr;
    }

    Provider own_of(const Profile& profile) {
        if (auto keys = keys_of(profile)) return std::make_unique<FixedCredentials>(*keys);
        if (const std::string command = profile.get("credential_process"); !command.empty())
            return std::make_unique<ProcessCredentials>(command, world_.environment);
        return nullptr;
    }

    Provider of_role(const Profile& profile) {
        if (!seen_.insert(profile.name).second)
            throw invalid(profile, "refers to itself by way of source_profile");
        if (!profile.get("mfa_serial").empty())
            throw invalid(profile,
                          "needs a code of a device (mfa_serial), for which nobody can be asked; "
                          "use credential_process or temporary keys");
        Role role;
        role.arn = profile.get("role_arn");
        role.session_name = profile.get("role_session_name");
        role.external_id = profile.get("external_id");
        role.web_identity_token_file = profile.get("web_identity_token_file");
        if (const std::string text = profile.get("duration_seconds"); !text.empty()) {
            const auto seconds = number(text);
            if (!seconds || *seconds < kShortestSession || *seconds > kLongestSession)
                throw invalid(profile, "has duration_seconds = " + text +
                                           "; it is a number from 900 to 43200");
            role.duration = std::chrono::seconds(*seconds);
        }
        const std::string source = profile.get("source_profile");
        const std::string place = profile.get("credential_source");
        const int ways = (role.web_identity_token_file.empty() ? 0 : 1) + (source.empty() ? 0 : 1) +
                         (place.empty() ? 0 : 1);
        if (ways != 1)
            throw invalid(profile,
                          "has role_arn and needs one of source_profile, credential_source and "
                          "web_identity_token_file, and no second");
        Provider base;
        if (!source.empty())
            base = of_source(profile, source);
        else if (!place.empty())
            base = of_place(profile, place);
        return taking(std::move(role), profile, std::move(base));
    }

    Provider of_source(const Profile& profile, const std::string& name) {
        const Profile source = load_profile(world_.environment, name);
        // A profile may keep the keys that may take its own role.
        Provider base = name == profile.name ? own_of(source) : of_profile(source);
        if (!base)
            throw invalid(profile, "has source_profile = " + name + ", which has no credentials");
        return remembered(std::move(base));
    }

    Provider of_place(const Profile& profile, const std::string& place) {
        if (place == "Environment")
            return std::make_unique<EnvironmentCredentials>(world_.environment);
        if (place == "EcsContainer")
            return remembered(
                std::make_unique<ContainerCredentials>(world_.environment, world_.metadata));
        if (place == "Ec2InstanceMetadata")
            return remembered(
                std::make_unique<InstanceCredentials>(world_.environment, world_.metadata));
        throw invalid(profile, "has credential_source = " + place +
                                   "; it is Environment, EcsContainer or Ec2InstanceMetadata");
    }

    Provider taking(Role role, const Profile& profile, Provider base) {
        aws::CloudOptions options;
        options.region = os::get(world_.environment, "AWS_REGION").value_or("");
        if (options.region.empty())
            options.region = os::get(world_.environment, "AWS_DEFAULT_REGION").value_or("");
        if (options.region.empty()) options.region = profile.get("region");
        if (options.region.empty()) options.region = region_;
        options.endpoints = aws::Endpoints::from(world_.environment, profile);
        if (!base)
            base = std::make_unique<CredentialsChain>(std::vector<Provider>());  // never asked
        return std::make_unique<RoleCredentials>(
            std::move(role), std::make_unique<Sts>(world_, std::move(options), std::move(base)),
            world_.random);
    }

    const CredentialsWorld& world_;
    const std::string region_;
    std::set<std::string> seen_;
};

}  // namespace

std::unique_ptr<CredentialsProvider> default_credentials(const CredentialsWorld& world,
                                                         std::string_view profile,
                                                         std::string_view region) {
    return Builder(world, region).chain(profile);
}

HttpClientOptions metadata_http_options(const os::Environment& environment) {
    const auto given = number(os::get(environment, "AWS_METADATA_SERVICE_TIMEOUT").value_or("1"));
    const std::chrono::milliseconds patience = std::chrono::seconds(std::max(1, given.value_or(1)));
    HttpClientOptions options;
    options.connect = patience;
    options.stall = patience;
    options.total = 2 * patience;
    options.response_bytes = 1 << 20;
    return options;
}

}  // namespace lifeboat::cloud
