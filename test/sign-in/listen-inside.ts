/** Listens at a free port of the network namespace that it is started in, hands the listener to the process that started it, and ends. */
import { type AddressInfo, createServer } from 'node:net';

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ port }, server, {}, () => process.disconnect?.());
  server.close();
});
