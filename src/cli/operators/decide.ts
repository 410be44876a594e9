/** `casemate access-request approve`, `reject`, `revoke` and `list`. */
import { accessType, deciding, type ListOptions, printAll } from '../approvals/commands.ts';
import { inSession, type Session } from '../resources/session.ts';

const requestType = (session: Session) => accessType(session, 'AccessRequest');

export const approve = deciding('approve', requestType);
export const reject = deciding('reject', requestType);
export const revoke = deciding('revoke', requestType);

export const list = inSession(async (session: Session, options: ListOptions) => {
  await printAll(session, await requestType(session), options.output);
});
