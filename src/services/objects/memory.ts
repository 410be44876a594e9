/**
 * Gives the memory of bytes back at once. V8 counts what sockets and ciphers hand out against its heap, and answers every twenty mebibytes or so of it with a full collection: at hundreds
 * of mebibytes a second that takes more than all that is done with them.
 */

/** They are empty from then on, wherever they are still held. Bytes that share their memory with others stay as they are. */
export function release({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) buffer.transfer(0);
}
