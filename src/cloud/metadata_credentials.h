// Credentials from where the program runs: its container (ECS tasks, EKS pods) or its EC2 instance.
//
// Source: AWS SDKs and Tools Reference Guide, "Container credential provider" and "IMDS credential
// provider".
#pragma once

#include <string>

#include "cloud/credentials.h"
#include "cloud/http_client.h"
#include "os/environment.h"

namespace lifeboat::cloud {

// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, or AWS_CONTAINER_CREDENTIALS_FULL_URI with
// AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE or _TOKEN. Neither: none.
class ContainerCredentials final : public CredentialsProvider {
  public:
    ContainerCredentials(os::Environment environment, HttpTransport& transport)
        : environment_(std::move(environment)), transport_(transport) {}
    // A full URI must be https or name this machine or an address of AWS's own; else
    // Error{InvalidInput, "InvalidCredentialsUri"}, as the token would travel openly.
    std::optional<Credentials> find() override;

  private:
    os::Environment environment_;
    HttpTransport& transport_;
};

// The instance's role, by the metadata service's second version alone. None where there is no such
// service within its patience or AWS_EC2_METADATA_DISABLED is true.
class InstanceCredentials final : public CredentialsProvider {
  public:
    // `transport` should give up within a second or two.
    InstanceCredentials(os::Environment environment, HttpTransport& transport)
        : environment_(std::move(environment)), transport_(transport) {}
    std::optional<Credentials> find() override;

  private:
    os::Environment environment_;
    HttpTransport& transport_;
};

}  // namespace lifeboat::cloud
