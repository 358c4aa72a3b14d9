/** What Redis says, as the names of the port. */
import type { TargetFailureCode } from '../../domain/rotation/failures.ts';
import { TargetFailure } from '../failure.ts';

// The first word of an error reply.
const OUTCOMES: Readonly<Record<string, TargetFailureCode>> = {
  BUSY: 'busy',
  CLUSTERDOWN: 'unreachable',
  LOADING: 'unreachable',
  MASTERDOWN: 'unreachable',
  MISCONF: 'busy',
  NOAUTH: 'admin-refused',
  NOPERM: 'permission-missing',
  OOM: 'busy',
  READONLY: 'read-only',
  TRYAGAIN: 'busy',
  WRONGPASS: 'admin-refused',
};

const TLS_CODES = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|EPROTO)/;

/** The server's words, if the error is a reply of the server. */
function reply(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // By name of the class: the packages' builds for the two module systems each have their own.
  const names = [error.constructor.name, Object.getPrototypeOf(error.constructor)?.name];
  return names.some((name) => name === 'ErrorReply' || name === 'SimpleError') ? error.message : undefined;
}

export function isRefusal(error: unknown): boolean {
  return reply(error)?.startsWith('WRONGPASS') === true;
}

export function fromRedis(error: unknown, where: string): TargetFailure {
  if (error instanceof TargetFailure) return error;
  const words = reply(error);
  if (words !== undefined) {
    if (words.startsWith('ERR max number of clients')) return new TargetFailure('busy', where);
    const first = words.slice(0, words.search(/[^A-Z]|$/));
    return new TargetFailure(OUTCOMES[first] ?? 'statement-refused', where, first === '' ? undefined : first);
  }
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === 'string' && TLS_CODES.test(code)) return new TargetFailure('tls-failed', where, code);
  if (error instanceof Error && /timeout/i.test(error.constructor.name)) return new TargetFailure('timeout', where);
  return new TargetFailure('unreachable', where, typeof code === 'string' ? code : undefined);
}
