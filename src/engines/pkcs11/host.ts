/**
 * The module host: loads the vendor's PKCS#11 module and does what the agent's messages ask, one at a time. It may crash or hang in the
 * module whenever it likes; the agent ends it and starts another. Started by `module-host.ts`, with an environment that names nothing else.
 */
import type { HsmOperation, HsmRequest, HsmResponse, HsmResult } from './protocol.ts';
import { isLost, Token } from './token.ts';

/** The first message. The PIN comes this way so that it is in no argument and no environment. */
export interface HostStart {
  readonly module: string;
  readonly token: string;
  readonly pin: string;
}

let token: Token | undefined;

process.on('message', (message: HostStart | HsmRequest) => {
  if (!('id' in message)) {
    token = new Token(message.module, message.token, message.pin);
    return;
  }
  let response: HsmResponse;
  let lost = false;
  try {
    if (!token) throw new Error('the host was given no token');
    response = { id: message.id, result: perform(token, message) };
  } catch (error) {
    lost = isLost(error);
    response = { id: message.id, problem: error instanceof Error ? error.message : String(error) };
  }
  // What could not be repaired in here is begun anew in another process.
  process.send?.(response, () => {
    if (lost) process.exit(1);
  });
});
process.once('disconnect', () => process.exit(0));

const bytes = (text: string) => Buffer.from(text, 'base64');
const answered = (data: Buffer | undefined): HsmResult =>
  data === undefined ? {} : { data: data.toString('base64') };

function perform(on: Token, request: HsmOperation): HsmResult {
  switch (request.operation) {
    case 'info':
      return { info: on.info() };
    case 'make': {
      const { label, group, algorithm } = request;
      const point = on.make({ label, group }, algorithm);
      return point === undefined
        ? {}
        : { point: { x: point.x.toString('base64'), y: point.y.toString('base64') } };
    }
    case 'seal':
      return answered(on.seal(request.label, bytes(request.data), bytes(request.additionalData)));
    case 'open':
      return answered(on.open(request.label, bytes(request.data), bytes(request.additionalData)));
    case 'sign':
      return answered(on.sign(request.label, bytes(request.data)));
    case 'mac':
      return answered(on.mac(request.label, bytes(request.data)));
    case 'random':
      return answered(on.random(request.bytes));
    case 'destroy':
      on.destroy(request.label);
      return {};
    case 'destroy-group':
      on.destroyGroup(request.group);
      return {};
    case 'login':
      throw new Error('the agent logs in, not the host');
  }
}
