// Message digests, as raw bytes.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace lifeboat {

std::string sha256(std::string_view bytes);
// The same of bytes that come in parts.
class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;
    void add(std::string_view bytes);
    // Of all that was added; once.
    std::string finish();

  private:
    struct State;
    std::unique_ptr<State> state_;
};
std::string hmac_sha256(std::string_view key, std::string_view bytes);
std::string sha1(std::string_view bytes);
std::string md5(std::string_view bytes);
std::string sha384(std::string_view bytes);
std::string sha512(std::string_view bytes);
// Compares secrets in a time that does not depend on where they differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace lifeboat
