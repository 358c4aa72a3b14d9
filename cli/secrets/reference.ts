/** How a command line names a value: `shop/db`, `shop/db:password`, or the same with an ARN. */
import { UsageError } from '../terminal.ts';

export interface Reference {
  secretId: string;
  /** A key of the JSON object that the value is; absent: the whole value. */
  field?: string;
}

/** Colons of an ARN before the name of the secret ends. */
const ARN_PARTS = 7;

export function parseReference(text: string): Reference {
  const parts = text.split(':');
  const own = text.startsWith('arn:') ? ARN_PARTS : 1;
  const secretId = parts.slice(0, own).join(':');
  const field = parts.length > own ? parts.slice(own).join(':') : undefined;
  if (secretId === '' || field === '')
    throw new UsageError(`${text} names no value`, 'write the name of a secret, or name:key for one key of it');
  return { secretId, ...(field !== undefined && { field }) };
}

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** `DB_PASSWORD=shop/db:password` */
export function parseMapping(text: string): { name: string; reference: Reference } {
  const at = text.indexOf('=');
  const name = text.slice(0, Math.max(at, 0));
  if (!VARIABLE.test(name))
    throw new UsageError(`${text} maps no variable`, 'write --map DB_PASSWORD=shop/db:password');
  return { name, reference: parseReference(text.slice(at + 1)) };
}
