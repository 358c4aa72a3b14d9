/**
 * The agent's address. Whoever may connect may use every key, so the folder of the socket belongs to the agent's user
 * and is closed to all others (Node has no SO_PEERCRED), and one path has one live agent.
 */
import { lstatSync, renameSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { HsmError } from '../port.ts';

/** sun_path is 108 bytes with its final zero (unix(7)). */
const LONGEST_PATH = 107;

/** Throws `invalid` for a path the kernel would cut, or a folder others can enter. */
export function checkSocketPath(socketPath: string): void {
  if (Buffer.byteLength(socketPath) > LONGEST_PATH) {
    throw new HsmError('invalid', `socket path ${socketPath} is longer than ${LONGEST_PATH} bytes`, {
      hint: 'use a data folder with a shorter path',
    });
  }
  const folder = dirname(socketPath);
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isDirectory()) throw new HsmError('invalid', `socket folder ${folder} is missing`);
  if ((stat.mode & 0o077) !== 0 || stat.uid !== process.getuid?.()) {
    throw new HsmError('invalid', `socket folder ${folder} is open to others`, { hint: `run chmod 700 ${folder}` });
  }
}

/** Whether somebody accepts connections there. */
export function isListening(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const end = (listening: boolean) => {
      socket.destroy();
      resolve(listening);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

/**
 * Removes the socket file a dead agent left. Another agent may be starting at the same moment and have replaced the
 * file since we looked: so it is moved aside, looked at again, and put back if it turns out to be alive.
 */
export async function removeStaleSocket(socketPath: string): Promise<'removed' | 'alive'> {
  const aside = `${socketPath}.${process.pid}`;
  try {
    renameSync(socketPath, aside);
  } catch {
    return 'removed';
  }
  if (await isListening(aside)) {
    renameSync(aside, socketPath);
    return 'alive';
  }
  rmSync(aside, { force: true });
  return 'removed';
}
