#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "store/pages/page_file.h"

namespace catlog::store {

// How much of a file is looked at.
enum class Extent {
  reading,  // what leads to the last entries of each tree; a file that ends too early: every page of the trees
  writing,  // and what the next commit takes: the list of free pages, and how many pages there are of each kind
  whole,    // every page: each is used once, or free, and is what its tree says
};

struct PageCheck {
  uint64_t used = 0, free = 0;        // pages that were met, where `whole`
  std::vector<std::string> findings;  // at most `most`; empty: LMDB reads, and with `writing` writes, what it should
};

// Reads the pages of the commit whose meta page is `meta`. Nobody may overwrite them meanwhile: it is the last commit,
// or one that a read transaction holds. Memory: a bit for each page. Throws Failure(failure) for what the system
// refuses.
PageCheck check_pages(const PageFile& file, const MetaPage& meta, Extent extent, size_t most,
                      const PageProgress& progress = {});

}  // namespace catlog::store
