#include "cloud/credentials.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include "base/encoding.h"
#include "base/error.h"
#include "os/file.h"

namespace lifeboat::cloud {
namespace {

constexpr std::string_view kFileName = "credentials";

Credentials make_credentials(Random& random) {
    Credentials made;
    std::string name = new_alphanumeric(random, 12);
    for (char& c : name)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    // Tells at a glance that this is no key of an AWS account.
    made.access_key_id = "LIFEBOAT" + name;
    made.secret_access_key = new_alphanumeric(random, 40);
    return made;
}

}  // namespace

std::optional<Credentials> EnvironmentCredentials::find() {
    const auto key = os::get(environment_, "AWS_ACCESS_KEY_ID");
    const auto secret = os::get(environment_, "AWS_SECRET_ACCESS_KEY");
    if (!key && !secret) return std::nullopt;
    if (!key || !secret)
        throw Error(ErrorCategory::InvalidInput, "PartialCredentials",
                    "only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set");
    return Credentials{*key, *secret, os::get(environment_, "AWS_SESSION_TOKEN").value_or(""), {}};
}

std::optional<Credentials> keys_of(const Profile& profile) {
    Credentials credentials;
    credentials.access_key_id = profile.get("aws_access_key_id");
    credentials.secret_access_key = profile.get("aws_secret_access_key");
    credentials.session_token = profile.get("aws_session_token");
    if (credentials.access_key_id.empty() && credentials.secret_access_key.empty())
        return std::nullopt;
    if (credentials.access_key_id.empty() || credentials.secret_access_key.empty())
        throw Error(ErrorCategory::InvalidInput, "PartialCredentials",
                    "the profile '" + profile.name +
                        "' has only one of aws_access_key_id and aws_secret_access_key");
    return credentials;
}

std::optional<Credentials> CredentialsChain::find() {
    for (const auto& source : sources_)
        if (auto credentials = source->find()) return credentials;
    return std::nullopt;
}

Credentials require_credentials(CredentialsProvider& provider) {
    if (auto credentials = provider.find()) return *credentials;
    throw Error(ErrorCategory::PermissionDenied, "NoCredentials",
                "no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a "
                "profile of ~/.aws/config or ~/.aws/credentials with AWS_PROFILE, or give this "
                "machine, container or function a role");
}

std::optional<Credentials> read_local_credentials(const std::filesystem::path& data) {
    const std::filesystem::path file = data / kFileName;
    std::string text;
    try {
        text = os::read_file(file, 1 << 20);
    } catch (const Error& e) {
        if (e.category() == ErrorCategory::NotFound) return std::nullopt;
        throw;
    }
    const IniSections sections = parse_ini(text);
    Profile profile;
    profile.name = "default";
    if (const auto it = sections.find("default"); it != sections.end())
        profile.settings = it->second;
    if (auto credentials = keys_of(profile)) return credentials;
    throw Error(ErrorCategory::Corruption, "DamagedCredentials",
                "'" + file.string() +
                    "' has no keys: put it aside, and new ones are made at the next start");
}

Credentials ensure_local_credentials(const std::filesystem::path& data, Random& random) {
    if (auto credentials = read_local_credentials(data)) return *credentials;
    // Two processes at their first start must agree: the directory itself is the lock.
    const os::UniqueFd directory = os::open_file(data, O_RDONLY | O_DIRECTORY);
    while (::flock(directory.get(), LOCK_EX) != 0)
        if (errno != EINTR) throw error_from_errno(errno, "lock '" + data.string() + "'");
    if (auto credentials = read_local_credentials(data)) return *credentials;
    const Credentials made = make_credentials(random);
    os::publish_file(data / kFileName,
                     "# Keys of this data directory. Usable as AWS_SHARED_CREDENTIALS_FILE.\n"
                     "[default]\naws_access_key_id = " +
                         made.access_key_id +
                         "\naws_secret_access_key = " + made.secret_access_key + "\n",
                     0600);
    return made;
}

}  // namespace lifeboat::cloud
