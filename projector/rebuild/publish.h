#pragma once
#include <filesystem>
#include <functional>

#include "projector/quarantine/quarantine.h"
#include "projector/rebuild/compare.h"
#include "projector/rebuild/rebuild.h"
#include "store/log.h"

namespace catlog::projector {

// The published read model: the tables of the read model, for who must not have what is secret. Each column that the
// declaration calls secret holds something fixed that its table takes ("(hidden)"; a bcrypt hash of no known password;
// in a unique column the row's id as 64 digits), and the bytes of what it held are nowhere in the file.

// Builds it anew from the log's head, without the quarantined events, and puts it in the place of `file` by a rename:
// who has the old one open goes on reading that. Until it holds no secret only its owner may read it; then its folder's
// group may (store/files/own_file.h). Returns its position. Throws Failure(usage) when something else than a read model
// of this log has the name, and as build_file.
Position publish(const store::Log& log, const Quarantine& quarantine, const std::filesystem::path& file,
                 const Progress& progress = {});

// Builds it once more in `scratch_directory`, up to the position of `published`, and compares every row and the schema;
// returns that position. `visit` as in compare(): left is the published one. Throws Failure(usage) when it is no
// read model, Failure(damaged) when it is of another log, and as build_file.
Position compare_with_published(const store::Log& log, const Quarantine& quarantine,
                                const std::filesystem::path& published, const std::filesystem::path& scratch_directory,
                                const std::function<bool(const Difference&)>& visit, const Progress& progress = {});

}  // namespace catlog::projector
