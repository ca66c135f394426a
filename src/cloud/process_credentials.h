// `credential_process` of a profile: a program that prints credentials as JSON.
//
// Source: AWS SDKs and Tools Reference Guide, "Process credential provider".
#pragma once

#include <string>

#include "cloud/credentials.h"
#include "os/environment.h"

namespace lifeboat::cloud {

class ProcessCredentials final : public CredentialsProvider {
  public:
    ProcessCredentials(std::string command, os::Environment environment)
        : command_(std::move(command)), environment_(std::move(environment)) {}
    // Throws Error{Unavailable, "CredentialProcessFailed"}; what the program printed is not in it,
    // as it may be secret.
    std::optional<Credentials> find() override;

  private:
    std::string command_;
    os::Environment environment_;
};

}  // namespace lifeboat::cloud
