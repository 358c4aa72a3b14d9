/**
 * From the KeyId of a request to a key and to the question that authorization is asked about it.
 *
 * Guarantees: bare ids and alias names mean the caller's account; a key of another account that does not let the
 * caller in is treated like one that does not exist, in the answer, in the record and in the time it takes; what is
 * missing is authorized before it is reported missing. Refuses ARNs of other regions and partitions.
 */
import { policiesLetIn } from '../../../platform/authz/ask.ts';
import { granteeIds } from '../../../platform/authz/grantees.ts';
import { ServiceError } from '../../../platform/contract/error.ts';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import { regionalName } from '../../../platform/contract/service-names.ts';
import type { AuthorizationTarget, Call, Resolved } from '../../../platform/runtime/call.ts';
import type { KmsDeps } from '../deps.ts';
import type { GrantQuestion, GrantTerms } from '../domain/grant.ts';
import { type KeyReference, missingText, type Place, parseKeyReference } from '../domain/key-ref.ts';
import type { TagMap } from '../domain/tags.ts';
import type { Condition, KeyRecord } from '../store/key-record.ts';

type AnyCall = Call<AnyOperation>;

const CONTEXT_PREFIX = 'kms:EncryptionContext:';

export interface FoundKey {
  reference: KeyReference;
  record: KeyRecord | undefined;
}

/** What an operation adds to the question about a key. */
export interface KeyQuestion {
  /** Default: the declared action. */
  action?: string;
  conditions?: readonly Condition[];
  requestTags?: TagMap;
  /** CreateGrant: what is to be passed on. */
  childGrant?: GrantTerms;
}

export interface KeyAnswer {
  target: AuthorizationTarget;
  /** Undefined: there is no such key, as far as the caller may know. */
  record: KeyRecord | undefined;
}

export function placeOf(call: AnyCall, deps: KmsDeps): Place {
  const { partition, region } = deps.settings;
  return { accountId: call.caller.accountId, partition, region };
}

/** Reads a key id, key ARN, alias name or alias ARN; throws the AWS error of a malformed one. */
export function readReference(call: AnyCall, deps: KmsDeps, text: string): KeyReference {
  const reference = parseKeyReference(text, placeOf(call, deps));
  if (reference.kind !== 'refused') return reference;
  const code = 'InvalidArn' in call.operation.errors ? reference.code : 'NotFound';
  throw call.fail(code, reference.message, { hint: 'give a key id, key ARN, alias name or alias ARN of this region' });
}

/** For operations that use a key: every form, every account. */
export async function findKey(call: AnyCall, deps: KmsDeps, text: string): Promise<FoundKey> {
  const reference = readReference(call, deps, text);
  const look = async () =>
    reference.kind === 'key'
      ? deps.keys.key(reference.keyId)
      : deps.keys.byAlias(reference.accountId, reference.aliasName);
  const record = await (isForeign(call, reference.accountId) ? quietly(look) : look());
  return { reference, record: record?.accountId === reference.accountId ? record : undefined };
}

/** A damaged key or grant of another account is not the caller's business: it is in our log, and missing in the answer. */
export async function quietly<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'Internal') return undefined;
    throw error;
  }
}

/** The question about a key, after hiding what the caller must not learn. */
export async function askAboutKey(
  call: AnyCall,
  deps: KmsDeps,
  found: FoundKey,
  question: KeyQuestion = {},
): Promise<KeyAnswer> {
  requireGenuineTokens(call, deps);
  const { reference, record } = found;
  const conditions = conditionsOf(call, deps, reference, question);
  if (!record) {
    if (isForeign(call, reference.accountId)) await deps.grants.probe('', granteeIds(call.caller));
    return { target: bareTarget(call, reference, question, conditions), record };
  }
  const ask = () => deps.grants.layer(record, granteeIds(call.caller), grantQuestion(call, question));
  const grants = await (isForeign(call, record.accountId) ? quietly(ask) : ask());
  const target: AuthorizationTarget = {
    resource: record.arn,
    accountId: record.accountId,
    project: record.row.enterprise_project_id,
    resourceTags: record.tags,
    policy: record.policy,
    trust: 'explicit',
    context: record.conditions.concat(conditions),
    ...(grants && { grants }),
    ...(question.action !== undefined && { action: question.action }),
    ...(question.requestTags && { requestTags: question.requestTags }),
  };
  if (!isForeign(call, record.accountId) || (await policiesLetIn(call, deps, target))) {
    call.touches(record.arn, 'AWS::KMS::Key', record.accountId);
    return { target, record };
  }
  await deps.keys.probe(record.row.key_id);
  await deps.grants.probe(record.row.key_id, granteeIds(call.caller));
  return { target: bareTarget(call, reference, question, conditions), record: undefined };
}

function conditionsOf(call: AnyCall, deps: KmsDeps, reference: KeyReference, question: KeyQuestion): Condition[] {
  const conditions = callerConditions(call, deps);
  if (reference.kind === 'alias') conditions.push(['kms:RequestAlias', reference.aliasName]);
  if (question.conditions) conditions.push(...question.conditions);
  return conditions;
}

const declaredAction = (call: AnyCall) => (typeof call.operation.authz === 'object' ? call.operation.authz.action : '');

/** Whatever grants look at, from the conditions that the operation told: one telling for policies and grants. */
function grantQuestion(call: AnyCall, question: KeyQuestion): GrantQuestion {
  const context: Record<string, string> = Object.create(null);
  for (const [key, value] of question.conditions ?? [])
    if (key.startsWith(CONTEXT_PREFIX) && typeof value === 'string') context[key.slice(CONTEXT_PREFIX.length)] = value;
  return {
    action: question.action ?? declaredAction(call),
    context,
    sourceArn: call.origin.sourceArn,
    child: question.childGrant,
  };
}

/** Tokens permit nothing that their grants do not, but what was not issued here is refused in every operation. */
function requireGenuineTokens(call: AnyCall, deps: KmsDeps): void {
  const { GrantTokens: tokens } = call.input;
  if (!Array.isArray(tokens) || tokens.every((token) => deps.grantTokens.read(token) !== undefined)) return;
  throw call.fail('InvalidGrantToken', 'the grant token was not issued here');
}

/** `resolve` of an operation on one key that may be of another account. */
export async function resolveKey(
  call: AnyCall,
  deps: KmsDeps,
  text: string,
  question: KeyQuestion = {},
): Promise<Resolved<KeyRecord>> {
  const found = await findKey(call, deps, text);
  return resolved(call, found, await askAboutKey(call, deps, found, question));
}

/** `resolve` of an operation that manages a key: id or key ARN of the own account, read anew from the database. */
export async function resolveOwnKey(
  call: AnyCall,
  deps: KmsDeps,
  text: string,
  question: KeyQuestion = {},
): Promise<Resolved<KeyRecord>> {
  const found = await findOwnKey(call, deps, text);
  return resolved(call, found, await askAboutKey(call, deps, found, question));
}

/** For operations that take no aliases. */
export function requireKeyForm(call: AnyCall, deps: KmsDeps, text: string): KeyReference & { kind: 'key' } {
  const reference = readReference(call, deps, text);
  if (reference.kind === 'key') return reference;
  throw call.fail('NotFound', `Invalid keyId '${text}'`, { hint: 'this operation takes a key id or key ARN' });
}

export async function findOwnKey(call: AnyCall, deps: KmsDeps, text: string): Promise<FoundKey> {
  const reference = requireKeyForm(call, deps, text);
  // Another account's key answers what a missing one does: keys are managed at home.
  if (isForeign(call, reference.accountId)) return { reference, record: undefined };
  const record = await deps.keys.fresh(reference.keyId);
  return { reference, record: record?.accountId === reference.accountId ? record : undefined };
}

function resolved(call: AnyCall, found: FoundKey, answer: KeyAnswer): Resolved<KeyRecord> {
  if (answer.record) return { targets: [answer.target], state: answer.record };
  return { targets: [answer.target], state: undefined as never, absent: missingKey(call, found.reference) };
}

export function missingKey(call: AnyCall, reference: KeyReference): ServiceError {
  return call.fail('NotFound', missingText(reference), { hint: 'list the keys and aliases of the account' });
}

/**
 * The question without a key: against the ARN as requested. In the own account identity policies alone decide whether
 * the caller may learn that it is missing; in another one nothing allows.
 */
function bareTarget(
  call: AnyCall,
  reference: KeyReference,
  question: KeyQuestion,
  conditions: readonly Condition[],
): AuthorizationTarget {
  return {
    resource: reference.arn,
    accountId: reference.accountId,
    trust: isForeign(call, reference.accountId) ? 'explicit' : 'normal',
    context: conditions,
    ...(question.action !== undefined && { action: question.action }),
    ...(question.requestTags && { requestTags: question.requestTags }),
  };
}

/** Condition keys of every KMS request. */
export function callerConditions(call: AnyCall, deps: KmsDeps): Condition[] {
  const conditions: Condition[] = [['kms:CallerAccount', call.caller.accountId]];
  const { via } = call.origin;
  if (via !== undefined) conditions.push(['kms:ViaService', regionalName(via, deps.settings)]);
  return conditions;
}

export function isForeign(call: AnyCall, accountId: string): boolean {
  return accountId !== call.caller.accountId;
}
