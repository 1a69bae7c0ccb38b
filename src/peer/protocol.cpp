#include "peer/protocol.h"

#include "base/bytes.h"

namespace coolkit::peer {

void AppendHeader(std::string& bytes, const FrameHeader& header) {
  char out[kHeaderBytes];
  for (int i = 0; i < 4; ++i) out[i] = static_cast<char>(header.body_bytes >> (8 * i));
  out[4] = static_cast<char>(header.type);
  out[5] = static_cast<char>(header.flags);
  for (int i = 0; i < 8; ++i) out[6 + i] = static_cast<char>(header.id >> (8 * i));
  bytes.append(out, sizeof out);
}

FrameHeader ReadHeader(std::string_view bytes) {
  ByteReader reader(bytes);
  FrameHeader header;
  header.body_bytes = reader.U32();
  header.type = static_cast<MessageType>(reader.U8());
  header.flags = reader.U8();
  header.id = reader.U64();
  return header;
}

}  // namespace coolkit::peer
