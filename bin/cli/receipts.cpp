#include "bin/cli/receipts.h"

#include "events/vocabulary.h"

#include <iostream>

#include <fmt/format.h>

#include "bin/cli/output.h"
#include "events/json.h"

namespace catlog::cli {

size_t Receipts::expect() {
  waiting_.emplace_back();
  return printed_ + waiting_.size() - 1;
}

void Receipts::take(size_t place, events::schema::Receipt::Reader receipt) {
  ++(receipt.isAccepted() ? accepted_ : receipt.isUnchanged() ? unchanged_ : refused_);
  waiting_.at(place - printed_) = events::write_json(receipt, events::Secrets::hidden);
  for (; !waiting_.empty() && waiting_.front(); waiting_.pop_front(), ++printed_) show_json(*waiting_.front());
  show_json("\n");
}

std::string Receipts::summary() const {
  const std::string all = fmt::format("{} accepted, {} unchanged, {} refused", accepted_, unchanged_, refused_);
  if (waiting_.empty()) return all;
  return fmt::format("{}, {} without a receipt (the {} commands before have theirs)", all, waiting_.size(), printed_);
}

}  // namespace catlog::cli
