/** Which errors of database drivers say that a credential is not accepted, so that a new one is worth a try. */

/** PostgreSQL: invalid_password, invalid_authorization_specification. MySQL and MariaDB. Redis. */
const CODES: ReadonlySet<unknown> = new Set(['28P01', '28000', 'ER_ACCESS_DENIED_ERROR', 'WRONGPASS', 1045]);
const MAX_CAUSES = 5;

export function isAuthenticationError(error: unknown): boolean {
  let current = error;
  for (let depth = 0; depth < MAX_CAUSES && typeof current === 'object' && current !== null; depth++) {
    const { code, errno, message, cause } = current as Record<string, unknown>;
    if (CODES.has(code) || CODES.has(errno)) return true;
    if (typeof message === 'string' && message.startsWith('WRONGPASS ')) return true;
    current = cause;
  }
  return false;
}
