/**
 * From the SecretId of a request to a secret and to the question that authorization is asked about it.
 *
 * Guarantees: names mean the caller's account; a secret of another account that does not let the caller in is treated
 * like one that does not exist, in the answer and in the record; what is missing is authorized before it is reported
 * missing. Refuses ARNs of other regions and partitions.
 */
import { policiesLetIn } from '../../../platform/authz/ask.ts';
import { granteeIds } from '../../../platform/authz/grantees.ts';
import { ServiceError } from '../../../platform/contract/error.ts';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import type { AuthorizationTarget, Call, Resolved } from '../../../platform/runtime/call.ts';
import type { CcmsDeps } from '../deps.ts';
import { isGrantable } from '../domain/grant.ts';
import { type Place, parseSecretId, type SecretReference } from '../domain/secret-ref.ts';
import type { TagMap } from '../domain/tags.ts';
import { grantsOfTarget, type KnownGrant } from '../store/grants.ts';
import type { SecretRecord } from '../store/secret-record.ts';

export type AnyCall = Call<AnyOperation>;
export type Condition = readonly [key: string, value: string | readonly string[]];

/** What an operation adds to the question about a secret. */
export interface Question {
  /** Default: the declared action. */
  action?: string;
  conditions?: readonly Condition[];
  requestTags?: TagMap;
}

export interface SecretAnswer {
  reference: SecretReference;
  target: AuthorizationTarget;
  /** Undefined: there is no such secret, as far as the caller may know. */
  record: SecretRecord | undefined;
  /** What the secret grants the caller; none for actions that cannot be granted. */
  grants: readonly KnownGrant[];
}

export const TYPE = 'AWS::SecretsManager::Secret';

export function placeOf(call: AnyCall, deps: CcmsDeps): Place {
  const { partition, region } = deps.settings;
  return { accountId: call.caller.accountId, partition, region };
}

/** Finds the secret, hides what the caller must not learn, and asks the question. */
export async function askAboutSecret(
  call: AnyCall,
  deps: CcmsDeps,
  text: string,
  question: Question = {},
): Promise<SecretAnswer> {
  const reference = parseSecretId(text, placeOf(call, deps));
  if (!reference) throw missingSecret(call);
  const found = await findSecret(call, deps, reference);
  const grants = await grantsToCaller(call, deps, found, question);
  const bare = { reference, target: bareTarget(reference, text, question, deps), record: undefined, grants: [] };
  if (!found) return bare;
  const target = { ...targetOf(found, text, question, deps), ...grantsOfTarget(grants) };
  if (isForeign(call, found) && !(await policiesLetIn(call, deps, target))) return bare;
  call.touches(found.arn, TYPE, found.row.account_id);
  return { reference, target, record: found, grants };
}

/** Looking costs the same whether there is a secret or not. */
async function grantsToCaller(
  call: AnyCall,
  deps: CcmsDeps,
  found: SecretRecord | undefined,
  { action }: Question,
): Promise<readonly KnownGrant[]> {
  const declared = typeof call.operation.authz === 'object' ? call.operation.authz.action : '';
  if (!isGrantable(action ?? declared)) return [];
  const ids = granteeIds(call.caller);
  if (!found) {
    await deps.grants.probe(ids);
    return [];
  }
  return (await quietly(call, found.row.account_id, () => deps.grants.of(found, { granteeIds: ids }))) ?? [];
}

/** `resolve` of an operation on one secret. */
export async function resolveSecret(
  call: AnyCall,
  deps: CcmsDeps,
  text: string,
  question: Question = {},
): Promise<Resolved<SecretRecord>> {
  const { target, record } = await askAboutSecret(call, deps, text, question);
  if (record) return { targets: [target], state: record };
  return { targets: [target], state: undefined as never, absent: missingSecret(call) };
}

async function findSecret(
  call: AnyCall,
  deps: CcmsDeps,
  reference: SecretReference,
): Promise<SecretRecord | undefined> {
  for (const { name, suffix } of reference.names) {
    const record = await quietly(call, reference.accountId, () => deps.secrets.byName(reference.accountId, name));
    if (record && (suffix === undefined || record.row.suffix === suffix)) return record;
  }
  return undefined;
}

/** A damaged secret of another account is not the caller's business: it is in our log, and missing in the answer. */
async function quietly<T>(call: AnyCall, accountId: string, look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    const isDamaged = error instanceof ServiceError && error.code === 'Internal';
    if (isDamaged && accountId !== call.caller.accountId) return undefined;
    throw error;
  }
}

/** The question about a secret as it is, or as it would be. */
export function targetOf(
  { arn, row, tags, policy }: Pick<SecretRecord, 'arn' | 'row' | 'tags' | 'policy'>,
  text: string,
  question: Question,
  deps: CcmsDeps,
): AuthorizationTarget {
  return {
    ...asked(question),
    resource: arn,
    accountId: row.account_id,
    project: row.enterprise_project_id,
    resourceTags: tags,
    ...(policy && { policy }),
    context: [
      ...secretConditions(text, question, deps),
      ...Object.entries(tags).map(([key, value]): Condition => [`secretsmanager:ResourceTag/${key}`, value]),
    ],
  };
}

function bareTarget(reference: SecretReference, text: string, question: Question, deps: CcmsDeps): AuthorizationTarget {
  return {
    ...asked(question),
    resource: reference.arn,
    accountId: reference.accountId,
    context: secretConditions(text, question, deps),
  };
}

function asked({ action, requestTags }: Question) {
  return { ...(action !== undefined && { action }), ...(requestTags && { requestTags }) };
}

function secretConditions(text: string, { conditions = [] }: Question, deps: CcmsDeps): Condition[] {
  return [
    ['secretsmanager:SecretId', text],
    ['secretsmanager:SecretPrimaryRegion', deps.settings.region],
    ...conditions,
  ];
}

export function isForeign(call: AnyCall, { row }: SecretRecord): boolean {
  return row.account_id !== call.caller.accountId;
}

export function missingSecret(call: AnyCall): ServiceError {
  return call.fail('NotFound', "Secrets Manager can't find the specified secret.", {
    hint: 'ListSecrets shows those of the account',
  });
}

/** While a secret waits for its deletion, nothing but its description can be had. */
export function requireLive(call: AnyCall, { row }: SecretRecord): void {
  if (row.deletion_date === null) return;
  throw call.fail(
    'InvalidRequest',
    "You can't perform this operation on the secret because it was marked for deletion.",
    { hint: `RestoreSecret takes that back until ${new Date(row.deletion_date).toISOString()}` },
  );
}

/** What most changes answer. */
export function namedOutput({ arn, row }: SecretRecord) {
  return { ARN: arn, Name: row.name };
}
