#pragma once
// Cap'n Proto 0.9 leaves comparisons of a C string with one of its own out where the language can turn them round,
// which from clang 16 on it does not where there is an operator!= too. Included in front of every source
// (CMakeLists.txt).
#ifdef __clang__
#include <compare>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#pragma push_macro("__cpp_impl_three_way_comparison")
#undef __cpp_impl_three_way_comparison
#include <kj/string.h>
#pragma pop_macro("__cpp_impl_three_way_comparison")
#endif
