#pragma once
#include <future>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "store/log.h"
#include "tests/support/log_records.h"

namespace catlog::tests {

// While it lives nobody writes to the log.
class HeldLog {
 public:
  explicit HeldLog(store::Log& log) {
    std::promise<void> is_held;
    thread_ = std::thread([this, &log, &is_held] {
      const std::string record = fake_record(10, 1);
      const std::vector<store::Bytes> records{std::as_bytes(std::span(record))};
      try {
        log.append(log.head(), records, [&](const events::TreeHead&) {
          is_held.set_value();
          let_go_.get_future().wait();
          throw NothingIsWritten();
        });
      } catch (const NothingIsWritten&) {
      }
    });
    is_held.get_future().wait();
  }
  ~HeldLog() {
    let_go_.set_value();
    thread_.join();
  }
  HeldLog(const HeldLog&) = delete;

 private:
  struct NothingIsWritten {};
  std::promise<void> let_go_;
  std::thread thread_;
};

}  // namespace catlog::tests
