#include "server/answer_head.h"

#include "base/clock.h"
#include "cloud/wire_text.h"

namespace lifeboat::server {

std::string http_date() {
    return cloud::timestamp_text(to_epoch_seconds(SystemClock().now()),
                                 cloud::TimestampFormat::Rfc822);
}

std::string header_value(std::string text) {
    for (char& c : text)
        if (c == '\r' || c == '\n' || c == '\0') c = ' ';
    return text;
}

cloud::HttpResponse plain_answer(int status, const std::string& text) {
    cloud::HttpResponse response;
    response.status = status;
    response.headers.add("Content-Type", "application/json");
    response.body = "{\"message\":\"" + text + "\"}";
    return response;
}

}  // namespace lifeboat::server
