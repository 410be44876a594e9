type Source = AsyncIterable<Buffer>;

/** At least so many bytes of the beginning (fewer where there are no more), and then everything, the beginning included. What is not read of `whole` is still there for the next who reads it. */
export async function withHead(
  source: Source,
  atLeast: number,
): Promise<{ readonly head: Buffer; readonly whole: Source }> {
  const iterator = source[Symbol.asyncIterator]();
  const first: Buffer[] = [];
  let size = 0;
  while (size < atLeast) {
    const next = await iterator.next();
    if (next.done === true) break;
    first.push(next.value);
    size += next.value.length;
  }
  const head = Buffer.concat(first);
  let given = false;
  return {
    head,
    whole: {
      [Symbol.asyncIterator]: () => ({
        async next() {
          if (!given) {
            given = true;
            if (head.length > 0) return { done: false, value: head };
          }
          return iterator.next();
        },
      }),
    },
  };
}
