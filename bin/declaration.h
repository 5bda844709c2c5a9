#pragma once
#include <string>

namespace CLI {
class App;
}

namespace catlog {

// A program's command line as it is declared, as one line of JSON: its subcommands, options, arguments, and what is
// said of each. Man pages and completions are made of it (ops/package), so that they say what the parser takes. What is
// hidden is left out.
std::string declaration_of(const CLI::App& program);

}  // namespace catlog
