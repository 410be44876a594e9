/** Lines of a stream, each bounded: what ends without a newline in time is refused before it takes memory. */
export async function* lines(stream: AsyncIterable<Uint8Array>, bytes_max: number): AsyncGenerator<string> {
  let held: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
      if (size + end > bytes_max) throw new RangeError(`a line has more than ${bytes_max} bytes`);
      yield Buffer.concat([...held, rest.subarray(0, end)]).toString('utf8');
      [held, size] = [[], 0];
      rest = rest.subarray(end + 1);
    }
    size += rest.length;
    if (size > bytes_max) throw new RangeError(`a line has more than ${bytes_max} bytes`);
    if (rest.length > 0) held.push(Buffer.from(rest));
  }
  if (size > 0) yield Buffer.concat(held).toString('utf8');
}
