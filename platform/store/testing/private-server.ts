/** What the servers that tests start for themselves have in common: whose they are, where they listen, when they end. */
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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

/** Who was given which port: a file per port with the number of the process. */
const GIVEN = join(tmpdir(), 'parapet-test-ports');

/**
 * A port that nothing listens on, and that stays so while the server on it is killed and started again: it is given to
 * nobody else, here or in another test process, as long as this process lives.
 */
export async function freePort(): Promise<number> {
  mkdirSync(GIVEN, { recursive: true, mode: 0o1777 });
  for (;;) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    if (take(port) && (await isFree(port))) return port;
  }
}

function take(port: number): boolean {
  const path = join(GIVEN, String(port));
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    // The one after the next finds it free.
    if (!isHeld(path)) rmSync(path, { force: true });
    return false;
  }
}

function isHeld(path: string): boolean {
  try {
    process.kill(Number(readFileSync(path, 'utf8')), 0);
    return true;
  } catch (error) {
    // Somebody else's process lives, too.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
