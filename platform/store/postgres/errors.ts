import pg from 'pg';
import { StoreError, type StoreErrorDetails } from '../error.ts';

// Two starters that create the same catalogue entry: the loser tries again and finds it there.
const CATALOGUE_RACES = new Set([
  'pg_namespace_nspname_index',
  'pg_type_typname_nsp_index',
  'pg_class_relname_nsp_index',
]);

type Outcome = [code: StoreError['code'], state: string, hint: string, details?: StoreErrorDetails];

const AGAIN: StoreErrorDetails = { retryable: true };
const RETRY_LATER = 'try again later';

// SQLSTATE (PostgreSQL 15, appendix A); two characters stand for the class.
const OUTCOMES: Readonly<Record<string, Outcome>> = {
  '40001': ['unavailable', 'had a serialisation conflict', RETRY_LATER, AGAIN],
  '40P01': ['unavailable', 'had a deadlock', RETRY_LATER, AGAIN],
  '42P06': ['unavailable', 'is being set up by another process', RETRY_LATER, AGAIN],
  '42P07': ['unavailable', 'is being set up by another process', RETRY_LATER, AGAIN],
  '53100': ['disk-full', 'has no disk space left', 'free disk space on the database server'],
  '53': ['unavailable', 'is out of resources', 'raise max_connections or lower the number of nodes'],
  '55P03': ['unavailable', 'has a lock that was not released in time', RETRY_LATER],
  '57014': ['unavailable', 'needed too long for a statement', RETRY_LATER],
  '57': ['unavailable', 'is starting or shutting down', RETRY_LATER],
  '08': ['unavailable', 'lost its connection', RETRY_LATER],
  '25P03': ['unavailable', 'ended an idle transaction', 'keep transactions short'],
  '25006': ['unavailable', 'is read only', 'connect to the primary server; write in a transaction'],
  '28': ['unavailable', 'refused the login', 'check user and password of the database url'],
  '3D': ['unavailable', 'does not exist', 'create the database'],
  '42501': ['unavailable', 'lacks a privilege', 'grant the role the rights on its schema'],
  '58': ['unavailable', 'had a system error', 'check the logs of the database server'],
  XX001: ['corrupt', 'has damaged data', 'restore the database server from a backup'],
  XX002: ['corrupt', 'has a damaged index', 'restore the database server from a backup'],
};

/** Translates an error of pg. Constraint violations and errors in statements pass unchanged. */
export function fromPostgres(error: unknown, where: string): unknown {
  if (error instanceof StoreError) return error;
  if (!(error instanceof pg.DatabaseError)) {
    // Not from the server: refused, reset or timed out on the way there.
    return new StoreError('unavailable', `${where} cannot be reached`, {
      cause: error,
      hint: 'check the database server',
    });
  }
  const state = error.code ?? '';
  if (state === '23505' && CATALOGUE_RACES.has(error.constraint ?? '')) {
    return new StoreError('unavailable', `${where} is being set up by another process`, {
      cause: error,
      retryable: true,
    });
  }
  if (isOutdatedPlan(error)) {
    return new StoreError('unavailable', `${where} had its schema changed`, { cause: error, retryable: true });
  }
  const outcome = OUTCOMES[state] ?? OUTCOMES[state.slice(0, 2)];
  if (outcome === undefined) return error;
  const [code, text, hint, details] = outcome;
  return new StoreError(code, `${where} ${text}`, { ...details, cause: error, hint });
}

/** True when the connection must not go back to the pool: it is broken, or holds an outdated prepared plan. */
export function spoilsConnection(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return !(error instanceof StoreError);
  const state = error.code ?? '';
  return isOutdatedPlan(error) || state === '25P03' || state.startsWith('08') || state.startsWith('57P');
}

// "cached plan must not change result type": another node migrated a table that a prepared statement selects from.
function isOutdatedPlan(error: pg.DatabaseError): boolean {
  return error.code === '0A000' && error.routine === 'RevalidateCachedQuery';
}
