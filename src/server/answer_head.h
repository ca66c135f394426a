// What every answer of the HTTP server begins with, and answers the server gives by itself.
#pragma once

#include <string>

#include "cloud/http_message.h"

namespace lifeboat::server {

// Now, as a Date header has it.
std::string http_date();

// `text` as a header may carry it: a line break in it must not begin another.
std::string header_value(std::string text);

// {"message": text} as JSON.
cloud::HttpResponse plain_answer(int status, const std::string& text);

}  // namespace lifeboat::server
