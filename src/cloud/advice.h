// What to do about an error a service answered with, in a few words.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace lifeboat::cloud {

// For instance: "let the caller's policies allow sqs:SendMessage". Empty: the message says enough.
std::string advice(const Error& error, std::string_view service, std::string_view operation);

}  // namespace lifeboat::cloud
