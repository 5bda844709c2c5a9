#pragma once
#include <memory>
#include <string>
#include <vector>

namespace catlog::tests {

// A network of this thread's own, and of what it starts, with a loopback interface and one more that has an address and
// the default route: whatever is sent to the outside is found here, and goes no further. It ends with this object.
class Outside {
 public:
  // Nothing, and a test message that says why, where none can be had.
  static std::unique_ptr<Outside> enter();
  Outside(const Outside&) = delete;
  ~Outside();

  // To whom packets were sent since it was asked last, but for those that the kernel sends for itself (ICMPv6).
  std::vector<std::string> packets();

 private:
  Outside(int before, int interface) : before_(before), interface_(interface) {}
  int before_, interface_;
};

}  // namespace catlog::tests
