/** What the servers that tests start for themselves have in common: whose they are, where they listen, when they end. */
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
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

/** Systems give ports above these to outgoing connections, at any moment. */
const LOWEST_PORT = 12_000;
const HIGHEST_PORT = 32_000;

/** A port that nothing listens on, and that stays so while the server on it is killed and started again. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
