// SPDX-License-Identifier: BSD-2-Clause
// Frames and vnet headers of a hostile sender. The input: lengths of the headers and of the
// buffers at both ends, then the frame, its vnet header included.
//
// Oracle: what is refused is refused with -EINVAL; else every frame that comes out has the length
// that was said, and no byte outside the buffers is touched (each has memory of its own size).
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "kernel/core/vale/segment.h"

namespace {

void require(bool condition, const char* what) {
  if (condition)
    return;
  std::fprintf(stderr, "segmentation broke its contract: %s\n", what);
  std::abort();
}

std::vector<std::vector<uint8_t>> cut(const uint8_t* data, size_t size, size_t piece) {
  std::vector<std::vector<uint8_t>> pieces;
  for (size_t at = 0; at < size; at += piece)
    pieces.emplace_back(data + at, data + (size - at < piece ? size : at + piece));
  return pieces;
}

std::vector<nm_piece> views(std::vector<std::vector<uint8_t>>& pieces) {
  std::vector<nm_piece> out;
  for (std::vector<uint8_t>& piece : pieces)
    out.push_back({piece.data(), static_cast<u32>(piece.size())});
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static constexpr u32 kLengths[] = {0, 10, 12};
  if (size < 3)
    return 0;
  const u32 from_len = kLengths[data[0] % 3], to_len = kLengths[data[0] / 3 % 3];
  const size_t piece_in = data[1] + 1u, piece_out = data[2] * 8u + 1;
  data += 3;
  size -= 3;
  if (from_len == to_len)
    return 0;
  std::vector<std::vector<uint8_t>> in = cut(data, size, piece_in);
  const std::vector<nm_piece> frame = views(in);
  nm_seg_plan plan;
  const int error = nm_vnet_plan(&plan, frame.data(), static_cast<u32>(frame.size()),
                                 static_cast<u32>(size), from_len, to_len, 1);
  require(error == 0 || error == -EINVAL, "it answers 0 or -EINVAL");
  if (error)
    return 0;
  require(plan.num > 0, "a frame comes out");
  for (u32 i = 0; i < plan.num; ++i) {
    const u32 len = nm_seg_len(&plan, i);
    require(len <= size + to_len + 8, "no frame is longer than what came in");
    const std::vector<uint8_t> room(len);
    std::vector<std::vector<uint8_t>> out = cut(room.data(), len, piece_out);
    const std::vector<nm_piece> to = views(out);
    nm_seg_write(&plan, i, frame.data(), static_cast<u32>(frame.size()), to.data(),
                 static_cast<u32>(to.size()));
  }
  return 0;
}
