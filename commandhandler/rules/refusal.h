#pragma once
#include <expected>
#include <string>

#include "events/codec/receipt.h"
#include "events/schema/vocabulary.h"

namespace catlog::commandhandler {

using events::schema::RefusalCode;

using events::Effect;
using events::Receipt;
using events::Refusal;

// What a rule has found out, or why the command is refused.
template <class T>
using OrRefusal = std::expected<T, Refusal>;

inline std::unexpected<Refusal> refuse(RefusalCode code, std::string field, std::string message) {
  return std::unexpected(Refusal{code, std::move(field), std::move(message)});
}

}  // namespace catlog::commandhandler

// Leaves the function with the refusal, or goes on with the value as `name`.
#define CATLOG_TRY(name, expression)                                                    \
  auto name##_or_refusal = (expression);                                                \
  if (!name##_or_refusal) return std::unexpected(std::move(name##_or_refusal).error()); \
  auto& name = *name##_or_refusal
// The same where there is no value to go on with.
#define CATLOG_PASS(expression) \
  if (auto passed = (expression); !passed) return std::unexpected(std::move(passed).error())
