#pragma once
#include <cstdint>

// The ids of the annotations in declaration.capnp: the C++ generator does not emit them.
namespace catlog::events::annotation {

constexpr uint64_t absent = 0xa9a1c5f5d7c3e801;
constexpr uint64_t format = 0xa9a1c5f5d7c3e802;
constexpr uint64_t least = 0xa9a1c5f5d7c3e803;
constexpr uint64_t most = 0xa9a1c5f5d7c3e804;
constexpr uint64_t assigned = 0xa9a1c5f5d7c3e805;
constexpr uint64_t kept = 0xa9a1c5f5d7c3e806;
constexpr uint64_t secret = 0xa9a1c5f5d7c3e807;
constexpr uint64_t flatten = 0xa9a1c5f5d7c3e808;
constexpr uint64_t spelled = 0xa9a1c5f5d7c3e809;
constexpr uint64_t flag = 0xa9a1c5f5d7c3e80a;
constexpr uint64_t does = 0xa9a1c5f5d7c3e80b;
constexpr uint64_t names = 0xa9a1c5f5d7c3e80c;
constexpr uint64_t allowed = 0xa9a1c5f5d7c3e80d;
constexpr uint64_t example = 0xa9a1c5f5d7c3e80e;
constexpr uint64_t says = 0xa9a1c5f5d7c3e80f;
constexpr uint64_t identity = 0xa9a1c5f5d7c3e810;
constexpr uint64_t needed = 0xa9a1c5f5d7c3e811;
constexpr uint64_t otherwise = 0xa9a1c5f5d7c3e812;
constexpr uint64_t either = 0xa9a1c5f5d7c3e813;

}  // namespace catlog::events::annotation
