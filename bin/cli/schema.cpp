#include <iostream>

#include "bin/cli/output.h"
#include "bin/cli/subcommand.h"
#include "bin/version.h"
#include "events/export/asyncapi.h"
#include "events/export/json_schema.h"
#include "events/export/python.h"
#include "events/export/typescript.h"

namespace catlog::cli {
namespace {

using events::Exit;
using events::Failure;

class Schema : public Subcommand {
 public:
  explicit Schema(Syntax parent)
      : Subcommand(parent.subcommand("schema",
                                     "Print what is said on the bus, for programs: commands, receipts, events, "
                                     "refusals, limits")) {
    syntax().flag("--json-schema", is_json_schema_,
                  "A JSON Schema (2020-12) of a command, and of all else in its $defs");
    syntax().flag("--typescript", is_typescript_, "Types for TypeScript");
    syntax().flag("--python", is_python_, "Types for Python 3.11 and later");
    syntax().flag("--asyncapi", is_asyncapi_, "An AsyncAPI 3.0 document of the endpoints and their frames");
    syntax().footer("Example: catlog schema --typescript > vocabulary.ts");
  }

  Exit run(const Settings&) override {
    if (is_json_schema_ + is_typescript_ + is_python_ + is_asyncapi_ != 1)
      throw Failure(Exit::usage, "give one of --json-schema, --typescript, --python, --asyncapi");
    if (is_json_schema_)
      show_json(events::json_schema());
    else if (is_asyncapi_)
      show_json(events::asyncapi(version));
    else
      data_out() << (is_typescript_ ? events::typescript() : events::python());
    return Exit::ok;
  }

 private:
  bool is_json_schema_ = false, is_typescript_ = false, is_python_ = false, is_asyncapi_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_schema(Syntax parent) { return std::make_unique<Schema>(parent); }

}  // namespace catlog::cli
