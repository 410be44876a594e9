/** For tests: a call from the head of a request. */
import type { ParsedCall } from '../calls.ts';
import { parseCall } from '../parse-call.ts';
import { readRequest } from '../request.ts';
import { rawHeaders } from './client.ts';
import { codeOf } from './thrown.ts';

export const ENDPOINT = 's3.west.casemate.internal';

export type Headers = Readonly<Record<string, string>>;

export function parse(method: string, target: string, headers: Headers = {}): ParsedCall {
  return parseCall(readRequest(method, target, rawHeaders({ host: ENDPOINT, ...headers })), ENDPOINT);
}

/** The call's name, or the code of what is thrown. */
export function outcomeOf(method: string, target: string, headers: Headers = {}): string {
  let name = '';
  const code = codeOf(() => {
    name = parse(method, target, headers).call.call;
  });
  return code === 'none' ? name : code;
}
