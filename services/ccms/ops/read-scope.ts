/**
 * How much of a value its reader may have. Whom policies let in has all of it; who reads by grants has what the grants
 * that apply let through together, and keeps it as long as the most generous of them says.
 */
import { policiesLetIn } from '../../../platform/authz/ask.ts';
import type { AuthorizationTarget, Resolved } from '../../../platform/runtime/call.ts';
import type { CcmsDeps } from '../deps.ts';
import type { GrantRow } from '../domain/grant.ts';
import { pickFields } from '../domain/json-fields.ts';
import { grantsOfTarget, type KnownGrant } from '../store/grants.ts';
import type { SecretRecord } from '../store/secret-record.ts';
import { type AnyCall, askAboutSecret, missingSecret, type Question, type SecretAnswer } from './secret-access.ts';
import { type PlainValue, readable } from './secret-value.ts';

export interface ReadScope {
  /** Undefined: the whole value. */
  fields?: readonly string[];
  maxCacheSeconds?: number;
}

export interface Reading {
  secret: SecretRecord;
  scope: ReadScope;
  /** That are for the reader, whether it needs them or not. */
  grantIds: readonly string[];
}

/** `resolve` of an operation that opens a value. */
export async function resolveReading(
  call: AnyCall,
  deps: CcmsDeps,
  secretId: string,
  question: Question,
): Promise<Resolved<Reading>> {
  return readable(call, async () => {
    const answer = await askAboutSecret(call, deps, secretId, question);
    const { record: secret } = answer;
    if (!secret) return { targets: [answer.target], state: undefined as never, absent: missingSecret(call) };
    const { target, scope } = await scopeOf(call, deps, answer);
    const grantIds = answer.grants.map(({ row }) => row.grant_id);
    return { targets: [target], state: { secret, scope, grantIds } };
  });
}

async function scopeOf(
  call: AnyCall,
  deps: CcmsDeps,
  { target, grants }: SecretAnswer,
): Promise<{ target: AuthorizationTarget; scope: ReadScope }> {
  if (grants.every(({ row }) => row.fields === null && row.max_cache_seconds === null)) return { target, scope: {} };
  const { grants: _, ...bare } = target;
  if (await policiesLetIn(call, deps, bare)) return { target: bare, scope: {} };
  const applying: KnownGrant[] = [];
  for (const grant of grants)
    if (await policiesLetIn(call, deps, { ...target, ...grantsOfTarget([grant]) })) applying.push(grant);
  // None: the question is put as it is, for the record.
  if (applying.length === 0) return { target, scope: {} };
  return { target: { ...target, ...grantsOfTarget(applying) }, scope: together(applying.map(({ row }) => row)) };
}

function together(rows: readonly GrantRow[]): ReadScope {
  const fields = rows.map((row) => (row.fields === null ? null : (JSON.parse(row.fields) as string[])));
  const limited = fields.includes(null) ? undefined : [...new Set(fields.flatMap((names) => names ?? []))].sort();
  const whole = rows.filter((row) => limited !== undefined || row.fields === null);
  const seconds = whole.map((row) => row.max_cache_seconds);
  return {
    ...(limited && { fields: limited }),
    ...(!seconds.includes(null) && { maxCacheSeconds: Math.max(...seconds.map(Number)) }),
  };
}

/** What of an opened value the reader may have, in place of the value, which is zeroed. */
export function withinScope(call: AnyCall, value: PlainValue, { fields }: ReadScope): PlainValue {
  if (!fields) return value;
  const picked = value.kind === 'text' ? pickFields(value.bytes.toString('utf8'), fields) : undefined;
  value.bytes.fill(0);
  if (picked !== undefined) return { kind: 'text', bytes: Buffer.from(picked, 'utf8') };
  throw call.fail('InvalidRequest', 'the grant lets fields of a JSON object through, and the value is none', {
    hint: 'ask whoever granted it for the whole value, or for a value that is a JSON object',
  });
}
