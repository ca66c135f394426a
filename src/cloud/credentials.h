// Where a client's credentials come from, and the credentials of a local data directory. The
// sources that ask somebody over the network or a program stand in files of their own;
// default_credentials.h puts all of them in the order of the AWS SDKs.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "cloud/shared_config.h"
#include "cloud/sigv4.h"
#include "os/environment.h"

namespace lifeboat::cloud {

class CredentialsProvider {
  public:
    virtual ~CredentialsProvider() = default;
    // Thread-safe; may block to refresh. nullopt: this source has none, ask the next. Throws Error
    // when the source is configured and fails.
    virtual std::optional<Credentials> find() = 0;
    // A service refused these, which were found here, as expired: whoever remembers them forgets
    // them. Thread-safe.
    virtual void forget(const Credentials&) {}
};

class FixedCredentials final : public CredentialsProvider {
  public:
    explicit FixedCredentials(Credentials credentials) : credentials_(std::move(credentials)) {}
    std::optional<Credentials> find() override { return credentials_; }

  private:
    Credentials credentials_;
};

// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN.
class EnvironmentCredentials final : public CredentialsProvider {
  public:
    explicit EnvironmentCredentials(os::Environment environment)
        : environment_(std::move(environment)) {}
    std::optional<Credentials> find() override;

  private:
    os::Environment environment_;
};

// A profile's own keys; nullopt when it has none. Throws Error{InvalidInput, "PartialCredentials"}.
std::optional<Credentials> keys_of(const Profile& profile);

// Asks each source in turn; remembers nothing. Throws Error{PermissionDenied, "NoCredentials"}
// from require() when none has any.
class CredentialsChain final : public CredentialsProvider {
  public:
    explicit CredentialsChain(std::vector<std::unique_ptr<CredentialsProvider>> sources)
        : sources_(std::move(sources)) {}
    std::optional<Credentials> find() override;

  private:
    std::vector<std::unique_ptr<CredentialsProvider>> sources_;
};

// Throws Error{PermissionDenied, "NoCredentials"} saying where credentials may be put.
Credentials require_credentials(CredentialsProvider& provider);

// The keys of a local data directory lie in `<data>/credentials`, mode 0600, in the form of AWS's
// shared credentials file, so that AWS_SHARED_CREDENTIALS_FILE may point at it. Reads them, or
// makes them first; safe when several processes start at once. Throws Error{Corruption} for a file
// without keys: it is not replaced.
Credentials ensure_local_credentials(const std::filesystem::path& data, Random& random);
// nullopt when the directory has none yet.
std::optional<Credentials> read_local_credentials(const std::filesystem::path& data);

}  // namespace lifeboat::cloud
