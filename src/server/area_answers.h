// The parts answers to requests of areas are made of.
#pragma once

#include <memory>

#include "base/error.h"
#include "os/unique_fd.h"
#include "server/area_target.h"
#include "server/streamed_request.h"
#include "vault/tiered_store.h"

namespace lifeboat::server {

// Without words of ours: restic shows its user the status.
StreamedAnswer plain_answer_of(int status);
int status_of(const Error& error);

// The bytes of an open file. Throws from next() when the file is shorter than it was.
std::unique_ptr<BodySource> read_file(os::UniqueFd file, ByteRange range);

// A folder as restic's clients read it: version 1 is a list of names, version 2 (`with_sizes`) of
// objects. Packs are listed folder by folder, so that the list of millions is never in memory.
std::unique_ptr<BodySource> list_folder(vault::TieredStore& store, vault::FileKind kind,
                                        bool with_sizes);

}  // namespace lifeboat::server
