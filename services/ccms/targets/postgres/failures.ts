/** What PostgreSQL says, as the names of the port. */
import pg from 'pg';
import type { TargetFailureCode } from '../../domain/rotation/failures.ts';
import { TargetFailure } from '../failure.ts';

// SQLSTATE (PostgreSQL 15, appendix A); two characters stand for the class.
const OUTCOMES: Readonly<Record<string, TargetFailureCode>> = {
  '08': 'unreachable',
  '25006': 'read-only',
  '28': 'admin-refused',
  '3D000': 'object-missing',
  '40': 'busy',
  '42501': 'permission-missing',
  '42704': 'object-missing',
  '42939': 'name-unsuitable',
  '42': 'statement-refused',
  '53': 'busy',
  '55006': 'busy',
  '55P03': 'busy',
  '57014': 'timeout',
  '57': 'unreachable',
  '58': 'unreachable',
};

/** Certificates that do not fit: Node's codes (tls.html, X509 certificate error codes). */
const TLS_CODES = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|EPROTO)/;

export function fromPostgres(error: unknown, where: string): TargetFailure {
  if (error instanceof TargetFailure) return error;
  if (error instanceof pg.DatabaseError) {
    const state = error.code ?? '';
    const code = OUTCOMES[state] ?? OUTCOMES[state.slice(0, 2)] ?? 'statement-refused';
    return new TargetFailure(code, where, state);
  }
  const code = (error as { code?: unknown } | null)?.code;
  const text = (error as { message?: unknown } | null)?.message;
  if (typeof code === 'string' && TLS_CODES.test(code)) return new TargetFailure('tls-failed', where, code);
  // pg gives these no code.
  if (text === 'The server does not support SSL connections') return new TargetFailure('tls-failed', where);
  if (typeof text === 'string' && /timeout/i.test(text)) return new TargetFailure('timeout', where);
  return new TargetFailure('unreachable', where, typeof code === 'string' ? code : undefined);
}

/**
 * True when the server has judged the credential and said no. Class 28 alone is not that: a missing line in
 * pg_hba.conf, or a login without TLS where it is demanded, says nothing about the password.
 */
export function isRefusal(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return false;
  return error.code === '28P01' || (error.code === '28000' && error.routine === 'InitializeSessionUserId');
}
