#pragma once
#include <expected>
#include <string>

#include "events/vocabulary.h"

namespace catlog::commandhandler {

using events::schema::RefusalCode;

// Why a command is not carried out: an answer, not a failure. The message says what to do and holds no secret.
struct Refusal {
  RefusalCode code = RefusalCode::UNSET;
  std::string field;
  std::string message;
};

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
