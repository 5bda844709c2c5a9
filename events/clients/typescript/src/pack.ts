const LENGTH_BYTES = 4;

/** The last frame of a pack (PROTOCOL.md, "Packs"): how many bytes of the body each command has. */
export function lengthsOf(bodies: string[]): Buffer {
  const lengths = Buffer.alloc(LENGTH_BYTES * bodies.length);
  bodies.forEach((body, at) => lengths.writeUInt32BE(Buffer.byteLength(body), LENGTH_BYTES * at));
  return lengths;
}

/** Of a pack of so many commands, empty where another message has one; none when the frames are no answer to one. */
export function receiptsIn(body: Buffer, lengths: Buffer, count: number): Buffer[] {
  if (lengths.length !== LENGTH_BYTES * count) return [];
  const receipts: Buffer[] = [];
  let from = 0;
  for (let at = 0; at < lengths.length; at += LENGTH_BYTES) {
    const to = from + lengths.readUInt32BE(at);
    receipts.push(body.subarray(from, to));
    from = to;
  }
  return from === body.length ? receipts : [];
}
