/** What the servers that tests start for themselves have in common: whose they are, where they listen, when they end. */
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';

export interface SystemAccount {
  uid: number;
  gid: number;
}

/** Database servers refuse to run as root: their package's account, or undefined for a normal user. */
export function serverAccount(name: string): SystemAccount | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }).trim());
  return { uid: id('-u'), gid: id('-g') };
}

/** Runs what follows as the account, and ends it with the process that started it, also when that one is killed. */
export function bound(account: SystemAccount | undefined, signal: 'INT' | 'TERM'): [program: string, prefix: string[]] {
  const identity =
    account === undefined ? [] : ['--reuid', `${account.uid}`, '--regid', `${account.gid}`, '--clear-groups'];
  return ['setpriv', [...identity, '--pdeathsig', signal]];
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
