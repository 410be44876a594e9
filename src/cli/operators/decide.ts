/** `casemate access-request approve`, `reject`, `revoke` and `list`. */
import { accessType, act, type DecideOptions, type ListOptions, printAll } from '../approvals/commands.ts';
import { objectName, printLines } from '../resources/output.ts';
import { inSession, type Session } from '../resources/session.ts';

const deciding = (action: 'approve' | 'reject' | 'revoke') =>
  inSession(async (session: Session, options: DecideOptions, name: string) => {
    const type = await accessType(session, 'AccessRequest');
    const body = options.note === undefined ? {} : { note: options.note };
    const { phase } = await act(session, type, name, action, body);
    printLines([`${objectName(type, name)} is ${phase}`]);
  });

export const approve = deciding('approve');
export const reject = deciding('reject');
export const revoke = deciding('revoke');

export const list = inSession(async (session: Session, options: ListOptions) => {
  await printAll(session, await accessType(session, 'AccessRequest'), options.output);
});
