import { MemoryPieces } from './memory-pieces.ts';
import { describePieces } from './pieces-conformance.ts';

describePieces('memory', async () => {
  const pieces = new MemoryPieces();
  return { pieces, replica: pieces, close: async () => {} };
});
