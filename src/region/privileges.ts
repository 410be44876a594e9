/**
 * Gives up root for good. A process loads its program as root, because the checkout may lie where only root may look (a
 * clone in /root), and calls this before it reads any request.
 */
import { readFileSync } from 'node:fs';
import { findAccount } from './embedded/accounts.ts';

/** Becomes `account`, with no further groups. Throws when that did not work: nothing may go on as root then. */
export function dropPrivileges(account: string): void {
  const found = findAccount(account, readFileSync('/etc/passwd', 'utf8'));
  if (found === undefined)
    throw new Error(`there is no account ${account} in /etc/passwd: run casemate up again`);
  process.setgroups?.([]);
  process.setgid?.(found.gid);
  process.setuid?.(found.uid);
  const ids = [process.getuid?.(), process.geteuid?.(), process.getgid?.(), process.getegid?.()];
  if (ids.some((id) => id === 0) || process.getgroups?.().includes(0)) {
    throw new Error(`the process is still root after becoming ${account}`);
  }
}
