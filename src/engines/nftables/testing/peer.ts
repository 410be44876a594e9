/**
 * A program that tests run inside a network namespace: it listens and dials on command. One JSON command a line on stdin,
 * one JSON answer a line on stdout. Not part of the product.
 */
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

export type PeerCommand =
  | {
      readonly op: 'listen';
      readonly protocol: 'tcp' | 'udp';
      readonly port: number;
      readonly address?: string;
    }
  | {
      readonly op: 'dial';
      readonly protocol: 'tcp' | 'udp';
      readonly address: string;
      readonly port: number;
      readonly from?: string;
      readonly fromPort?: number;
      readonly limit_ms: number;
    }
  /** Opens a TCP connection and keeps it under a name, for `talk`. */
  | {
      readonly op: 'open';
      readonly name: string;
      readonly address: string;
      readonly port: number;
      readonly limit_ms: number;
    }
  /** One exchange on a connection that `open` made. */
  | { readonly op: 'talk'; readonly name: string; readonly limit_ms: number }
  | { readonly op: 'resolve'; readonly server: string; readonly name: string; readonly limit_ms: number }
  /** Sends a UDP broadcast from a port and waits for an answer there. */
  | {
      readonly op: 'broadcast';
      readonly fromPort: number;
      readonly toPort: number;
      readonly hex: string;
      readonly limit_ms: number;
    }
  /** Waits for a datagram on a port. */
  | { readonly op: 'hear'; readonly port: number; readonly limit_ms: number };

/** `answer`: what came back (the dialler's address as the listener saw it); or why nothing did. */
export type PeerAnswer = { readonly answer: string } | { readonly failed: string };

const open = new Map<string, Socket>();

function within(
  limit_ms: number,
  work: (done: (answer: PeerAnswer) => void) => () => void,
): Promise<PeerAnswer> {
  return new Promise((resolve) => {
    const finish = (answer: PeerAnswer): void => {
      clearTimeout(timer);
      stop();
      resolve(answer);
    };
    const timer = setTimeout(() => finish({ failed: 'timeout' }), limit_ms);
    const stop = work((answer) => setImmediate(() => finish(answer)));
  });
}

const code = (error: Error): PeerAnswer => ({
  failed: (error as NodeJS.ErrnoException).code ?? error.message,
});

async function run(command: PeerCommand): Promise<PeerAnswer> {
  switch (command.op) {
    case 'listen':
      return listen(command);
    case 'dial':
      return command.protocol === 'tcp' ? dialTcp(command) : dialUdp(command);
    case 'open':
      return within(command.limit_ms, (done) => {
        const socket = connect({ host: command.address, port: command.port });
        open.set(command.name, socket);
        socket.on('error', (error) => done(code(error)));
        socket.once('data', (data) => done({ answer: data.toString() }));
        return () => {};
      });
    case 'talk':
      return within(command.limit_ms, (done) => {
        const socket = open.get(command.name);
        socket?.write('x');
        socket?.once('data', (data) => done({ answer: data.toString() }));
        return () => {};
      });
    case 'resolve': {
      const resolver = new Resolver({ timeout: command.limit_ms, tries: 1 });
      resolver.setServers([command.server]);
      try {
        return { answer: (await resolver.resolve4(command.name)).join() };
      } catch (error) {
        return code(error as Error);
      }
    }
    case 'broadcast':
      return within(command.limit_ms, (done) => {
        const socket = createSocket({ type: 'udp4', reuseAddr: true });
        socket.on('error', (error) => done(code(error)));
        socket.on('message', (data, from) => done({ answer: `${from.address} ${data.toString('hex')}` }));
        socket.bind(command.fromPort, () => {
          socket.setBroadcast(true);
          socket.send(Buffer.from(command.hex, 'hex'), command.toPort, '255.255.255.255');
        });
        return () => socket.close();
      });
    case 'hear':
      return within(command.limit_ms, (done) => {
        const socket = createSocket({ type: 'udp4', reuseAddr: true });
        socket.on('message', (data, from) => done({ answer: `${from.address} ${data.toString('hex')}` }));
        socket.bind(command.port);
        return () => socket.close();
      });
  }
}

function listen({ protocol, port, address }: PeerCommand & { op: 'listen' }): Promise<PeerAnswer> {
  return new Promise((resolve) => {
    if (protocol === 'tcp') {
      const server = createServer((socket) => {
        const seen = (socket.remoteAddress ?? '').replace('::ffff:', '');
        socket.on('error', () => socket.destroy());
        socket.write(seen);
        socket.on('data', () => socket.write(seen));
      });
      server.on('error', (error) => resolve(code(error)));
      server.listen(port, address, () => resolve({ answer: 'listening' }));
    } else {
      const socket = createSocket(address?.includes(':') ? 'udp6' : 'udp4');
      socket.on('message', (_, from) => socket.send(from.address, from.port, from.address));
      socket.on('error', (error) => resolve(code(error)));
      socket.bind(port, address, () => resolve({ answer: 'listening' }));
    }
  });
}

function dialTcp(command: PeerCommand & { op: 'dial' }): Promise<PeerAnswer> {
  return within(command.limit_ms, (done) => {
    const socket = connect({
      host: command.address,
      port: command.port,
      ...(command.from === undefined ? {} : { localAddress: command.from }),
    });
    socket.on('error', (error) => done(code(error)));
    socket.once('data', (data) => done({ answer: data.toString() }));
    return () => socket.destroy();
  });
}

function dialUdp(command: PeerCommand & { op: 'dial' }): Promise<PeerAnswer> {
  return within(command.limit_ms, (done) => {
    const socket = createSocket(command.address.includes(':') ? 'udp6' : 'udp4');
    socket.on('error', (error) => done(code(error)));
    socket.on('message', (data) => done({ answer: data.toString() }));
    socket.bind(command.fromPort ?? 0, command.from, () => {
      socket.connect(command.port, command.address, (error?: Error) => {
        if (error) done(code(error));
        else socket.send('x', (failure) => failure && done(code(failure)));
      });
    });
    return () => socket.close();
  });
}

if (import.meta.main) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, command } = JSON.parse(line) as { id: number; command: PeerCommand };
    run(command).then((answer) => process.stdout.write(`${JSON.stringify({ id, answer })}\n`));
  }
  process.exit(0);
}
