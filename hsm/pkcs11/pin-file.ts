import { readFileSync, statSync } from 'node:fs';
import { HsmError } from '../port.ts';

/** The PIN in a buffer the caller wipes; refuses a file that others can read. */
export function readPinFile(path: string): Buffer {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new HsmError('unavailable', `PIN file ${path} is missing`);
  if (!stat.isFile() || (stat.mode & 0o077) !== 0) {
    throw new HsmError('unavailable', `PIN file ${path} is open to others`, { hint: `run chmod 600 ${path}` });
  }
  const content = readFileSync(path);
  let end = content.length;
  while (end > 0 && (content[end - 1] === 0x0a || content[end - 1] === 0x0d)) end -= 1;
  const pin = Buffer.alloc(end);
  content.copy(pin, 0, 0, end);
  content.fill(0);
  if (end === 0) throw new HsmError('unavailable', `PIN file ${path} is empty`);
  return pin;
}
