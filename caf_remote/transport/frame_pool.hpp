// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/transport/stream.hpp"

#include <cstddef>

namespace caf_remote::transport {

/// Keeps the memory of frames that were sent or read for the next ones, of the
/// whole process: a frame is large enough for the allocator to give its pages
/// back to the system each time, which then have to be fetched and cleared
/// again. Keeps 16 MiB at most, and no frame above 4 MiB. Any thread.
struct frame_pool {
  /// Smaller frames are the allocator's business.
  static constexpr size_t min_frame_bytes = 4096;

  /// An empty frame, with memory if there is some.
  static frame take();

  /// Takes a frame that is not needed any more.
  static void give(frame x) noexcept;
};

} // namespace caf_remote::transport
