#pragma once
#include <expected>
#include <string>

#include <capnp/any.h>

#include "events/codec/json.h"
#include "events/schema/sections.h"
#include "events/schema/shape.h"

namespace catlog::events {

// Walks what a producer sent in binary, in canonical form, finds what the JSON reader would not have let in either, and
// spells as that does: it lies in words that are ours alone. Fields are read where their layout says that they lie;
// reflection costs many times as much.
//
// Threads: one at a time.
class Checker {
 public:
  explicit Checker(Fields fields) : fields_(fields) {}
  std::expected<void, Malformed> check(const Layout& layout, capnp::AnyStruct::Reader root);
  // Whether something was left out, without which the form is no more the canonical one.
  bool has_left_out() const { return has_left_out_; }

 private:
  using Struct = const Sections&;
  using Result = std::expected<void, Malformed>;
  // How the walk came to where it is, the last step first: a field, or an element of a list.
  struct Step {
    const Step* before;
    const Column* field;
    unsigned element = 0;
  };
  static std::string pointer_to(const Step* last);
  static std::unexpected<Malformed> at(const Step* last, std::string message);

  Result check_struct(const Step* way, const Layout& layout, Struct value);
  Result check_field(const Step* way, const Field& field, Struct value);
  Result check_number(const Step* way, const Column& column, Struct value);
  Result check_list(const Step* way, const Field& field, Struct value);
  static Result check_text(const Step* way, capnp::Text::Reader text);
  // What JSON cannot tell from a field that was never set becomes one: of the many NaN the one that says so, and a
  // group of columns of which none is given.
  void leave_out(const Column& number, Struct value);
  void leave_out_group(const Column& group, Struct value);

  Fields fields_;
  bool has_left_out_ = false;
};

}  // namespace catlog::events
