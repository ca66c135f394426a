// One request to an area, from its head to its answer.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/digest.h"
#include "base/random.h"
#include "server/area_target.h"
#include "server/metrics.h"
#include "server/streamed_request.h"
#include "vault/area.h"
#include "vault/area_token.h"
#include "vault/audit_log.h"
#include "vault/tiered_store.h"

namespace lifeboat::server {

struct AreaWorld {
    const vault::Areas& areas;
    vault::AuditLog& audit;
    Metrics& metrics;
    const Clock& clock;
    Random& random;
};

class AreaRequest final : public StreamedRequest {
  public:
    AreaRequest(const AreaWorld& world, cloud::HttpRequest head, std::string from);
    // Logs what its client did not stay for.
    ~AreaRequest() override;

    std::optional<StreamedAnswer> begin() override;
    std::optional<StreamedAnswer> take(std::string_view part) override;
    StreamedAnswer finish() override;

  private:
    std::optional<StreamedAnswer> authenticate();
    std::optional<StreamedAnswer> refuse_by_right();
    std::optional<StreamedAnswer> begin_upload();
    StreamedAnswer list();
    StreamedAnswer read();
    StreamedAnswer add();
    StreamedAnswer remove();
    StreamedAnswer created();
    StreamedAnswer was_there();
    bool owns_lock() const;
    void own_lock();
    std::filesystem::path lock_owner() const;

    // The answer, logged and counted.
    StreamedAnswer done(StreamedAnswer answer, std::uint64_t bytes);
    StreamedAnswer refused(int status, const std::string& reason);
    StreamedAnswer failed(int status, const std::string& reason);
    void log(const std::string& outcome, const std::string& reason, std::uint64_t bytes);

    const AreaWorld world_;
    const cloud::HttpRequest head_;
    const std::string from_;
    const Time start_;
    std::optional<AreaTarget> target_;
    std::string action_;
    std::string token_id_;
    std::optional<vault::AreaToken> token_;
    std::optional<vault::TieredStore> store_;
    std::unique_ptr<vault::FileUpload> upload_;
    Sha256 digest_;
    std::uint64_t received_ = 0;
    std::uint64_t most_ = 0;  // of the body
    bool is_logged_ = false;
};

}  // namespace lifeboat::server
