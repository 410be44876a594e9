import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { incomingPieces, PIECE_BYTES } from './incoming-pieces.ts';

describe('a large body in pieces', () => {
  const server = createServer();
  let port = 0;
  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  after(() => server.close());

  /** A request that is being sent, and its other end. */
  async function begun(size: number) {
    const headers = { 'content-length': size };
    const outgoing = request({ port, method: 'PUT', headers, agent: false });
    outgoing.on('error', () => {});
    outgoing.flushHeaders();
    const [incoming, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
    return { outgoing, incoming, response };
  }

  it('is whole and in order, in full pieces but for the last, whatever the network makes of it', async () => {
    for (const size of [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES + 4_711]) {
      const bytes = randomBytes(size);
      const { outgoing, incoming, response } = await begun(size);
      outgoing.end(bytes);
      const pieces: Buffer[] = [];
      let before: { readonly piece: Uint8Array; readonly copy: Buffer } | undefined;
      for await (const piece of incomingPieces(incoming)) {
        if (before) assert.ok(before.copy.equals(before.piece), 'the one before is still as it was');
        before = { piece, copy: Buffer.from(piece) };
        pieces.push(before.copy);
      }
      assert.ok(Buffer.concat(pieces).equals(bytes), `${size} bytes`);
      assert.ok(pieces.slice(0, -1).every(({ length }) => length === PIECE_BYTES));
      response.end();
    }
  });

  it('that has come to its end long before it is asked for any more is whole, too', async () => {
    const bytes = randomBytes(2 * PIECE_BYTES);
    const { outgoing, incoming, response } = await begun(bytes.length);
    outgoing.end(bytes);
    const pieces = incomingPieces(incoming);
    const read = [
      Buffer.from((await pieces.next()).value ?? []),
      Buffer.from((await pieces.next()).value ?? []),
    ];
    // As while a disk is slow; of a body of full pieces the end may have been told already.
    if (!incoming.readableEnded) incoming.resume();
    if (!incoming.closed) await once(incoming, 'close');
    assert.deepEqual(await pieces.next(), { done: true, value: undefined });
    assert.ok(Buffer.concat(read).equals(bytes));
    response.end();
  });

  it('is no faster than whoever reads it', async () => {
    const { outgoing, incoming, response } = await begun(64 * PIECE_BYTES);
    outgoing.end(Buffer.alloc(64 * PIECE_BYTES));
    const pieces = incomingPieces(incoming);
    await pieces.next();
    const { bytesRead } = incoming.socket;
    for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
    assert.ok(incoming.socket.bytesRead - bytesRead < 4 * PIECE_BYTES);
    let left = 63;
    for await (const _ of pieces) left -= 1;
    assert.equal(left, 0);
    response.end();
  });

  it('that breaks off is told of, wherever it does', async () => {
    for (const sent of [0, 100, 2 * PIECE_BYTES]) {
      const { outgoing, incoming } = await begun(4 * PIECE_BYTES);
      const pieces = incomingPieces(incoming);
      const read = (async () => {
        for await (const _ of pieces);
      })();
      if (sent > 0) await new Promise<void>((resolve) => outgoing.write(Buffer.alloc(sent), () => resolve()));
      outgoing.destroy();
      await assert.rejects(read);
    }
  });

  it('that nobody wants to the end can be drained, so that its sender hears the answer', async () => {
    const { outgoing, incoming, response } = await begun(8 * PIECE_BYTES);
    outgoing.end(Buffer.alloc(8 * PIECE_BYTES));
    const answered = once(outgoing, 'response');
    for await (const _ of incomingPieces(incoming)) break;
    incoming.resume();
    await once(incoming, 'end');
    response.end();
    const [answer] = (await answered) as [IncomingMessage];
    assert.equal(answer.statusCode, 200);
    answer.resume();
  });
});
