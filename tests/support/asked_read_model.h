#pragma once
#include <filesystem>

#include "projector/query/query.h"
#include "store/log.h"
#include "tests/support/read_models.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

namespace catlog::tests {

// The small catalogue as a log and its read model, to be asked.
struct AskedReadModel {
  TemporaryDirectory directory;
  std::filesystem::path file = directory / "model.sqlite";
  RecordScript script = small_catalogue();
  projector::QueryLimits limits;
  store::Log log = store::Log::open(directory / "log", store::Access::write);
  AskedReadModel() {
    script.append_to(log);
    projector::ReadModel model(file, test_log_id, script.head(), projector::Writing::live);
    apply(model, script);
    model.close();
  }
};

}  // namespace catlog::tests
