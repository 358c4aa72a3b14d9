/** What MariaDB says, as the names of the port. */
import type { TargetFailureCode } from '../../domain/rotation/failures.ts';
import { TargetFailure } from '../failure.ts';

// Error numbers (MariaDB knowledge base, "MariaDB Error Codes").
const OUTCOMES: Readonly<Record<number, TargetFailureCode>> = {
  1040: 'busy',
  1044: 'permission-missing',
  1045: 'admin-refused',
  1049: 'object-missing',
  1053: 'unreachable',
  1064: 'statement-refused',
  1129: 'unreachable',
  1130: 'unreachable',
  1141: 'object-missing',
  1142: 'permission-missing',
  1143: 'permission-missing',
  1146: 'object-missing',
  1203: 'busy',
  1205: 'busy',
  1213: 'busy',
  1226: 'busy',
  1227: 'permission-missing',
  1290: 'read-only',
  1410: 'permission-missing',
  1470: 'name-unsuitable',
  1698: 'admin-refused',
  1792: 'read-only',
  1820: 'admin-refused',
  1862: 'admin-refused',
  1836: 'read-only',
  1927: 'unreachable',
  1969: 'timeout',
  4151: 'admin-refused',
};

/** Wrong password, no such user, locked, expired: the server has judged the credential. */
const REFUSALS = new Set([1045, 1698, 1820, 1862, 4151]);

/** The account does not exist; ER_CANNOT_USER names no reason, and this is the only one when it can be changed at all. */
export const CANNOT_USER = 1396;

const TIMEOUTS = new Set(['ETIMEDOUT', 'PROTOCOL_SEQUENCE_TIMEOUT']);
const TLS_CODES = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|EPROTO|HANDSHAKE_)/;

export function errorNumber(error: unknown): number | undefined {
  const number = (error as { errno?: unknown } | null)?.errno;
  return typeof number === 'number' && number >= 1000 ? number : undefined;
}

export function isRefusal(error: unknown): boolean {
  return REFUSALS.has(errorNumber(error) ?? 0);
}

export function fromMariaDb(error: unknown, where: string): TargetFailure {
  if (error instanceof TargetFailure) return error;
  const number = errorNumber(error);
  if (number !== undefined) return new TargetFailure(OUTCOMES[number] ?? 'statement-refused', where, String(number));
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== 'string') return new TargetFailure('unreachable', where);
  if (TIMEOUTS.has(code)) return new TargetFailure('timeout', where, code);
  if (TLS_CODES.test(code)) return new TargetFailure('tls-failed', where, code);
  return new TargetFailure('unreachable', where, code);
}
