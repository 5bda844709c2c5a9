// A library to be loaded before a program (LD_PRELOAD): its clock says what the machine's says and so many seconds more
// or less as the file has that CATLOG_TEST_CLOCK names. A clock of one process of many cannot be set otherwise.
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

// 0 where there is no file.
int64_t moved_by() {
  static const volatile int64_t* const seconds = [] {
    static const int64_t none = 0;
    const char* file = std::getenv("CATLOG_TEST_CLOCK");
    const int fd = file ? ::open(file, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return &none;
    void* mapped = ::mmap(nullptr, sizeof none, PROT_READ, MAP_SHARED, fd, 0);
    ::close(fd);
    return mapped == MAP_FAILED ? &none : static_cast<const int64_t*>(mapped);
  }();
  return *seconds;
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

// A moment of this process's clock, as the kernel knows it.
timespec as_kernel(const timespec& moment) { return {moment.tv_sec - moved_by(), moment.tv_nsec}; }

// What a waiting function was given by a condition whose clock it does not say.
bool is_of_day(const timespec& moment) {
  constexpr time_t longest_uptime = 1'000'000'000;
  return moment.tv_sec > longest_uptime;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  static const auto real = next<int(clockid_t, timespec*)>("clock_gettime");
  const int done = real(clock, now);
  if (done == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += moved_by();
  return done;
}

int gettimeofday(timeval* now, void* zone) noexcept {
  static const auto real = next<int(timeval*, void*)>("gettimeofday");
  const int done = real(now, zone);
  if (done == 0) now->tv_sec += moved_by();
  return done;
}

time_t time(time_t* into) noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  if (into) *into = now.tv_sec;
  return now.tv_sec;
}

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex, const timespec* until) {
  static const auto real = next<int(pthread_cond_t*, pthread_mutex_t*, const timespec*)>("pthread_cond_timedwait");
  const timespec ours = is_of_day(*until) ? as_kernel(*until) : *until;
  return real(condition, mutex, &ours);
}

int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock, const timespec* until) {
  static const auto real =
      next<int(pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*)>("pthread_cond_clockwait");
  const timespec ours = clock == CLOCK_REALTIME ? as_kernel(*until) : *until;
  return real(condition, mutex, clock, &ours);
}

int sem_timedwait(sem_t* semaphore, const timespec* until) {
  static const auto real = next<int(sem_t*, const timespec*)>("sem_timedwait");
  const timespec ours = as_kernel(*until);
  return real(semaphore, &ours);
}

// Abseil's waiting, of gRPC.
long syscall(long number, ...) noexcept {
  static const auto real = next<long(long, ...)>("syscall");
  va_list arguments;
  va_start(arguments, number);
  long given[6];
  for (long& argument : given) argument = va_arg(arguments, long);
  va_end(arguments);
  timespec ours{};
  if (number == SYS_futex && (given[1] & FUTEX_CLOCK_REALTIME) != 0 && given[3] != 0) {
    ours = as_kernel(*reinterpret_cast<const timespec*>(given[3]));
    given[3] = reinterpret_cast<long>(&ours);
  }
  return real(number, given[0], given[1], given[2], given[3], given[4], given[5]);
}
}
