/**
 * From the ARN of a request to an authority and to the question that authorization is asked about it. An authority of
 * another account that does not let the caller in is treated like one that does not exist, in the answer and in the record.
 */
import { policiesLetIn } from '../../../platform/authz/ask.ts';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import type { TagMap } from '../../../platform/contract/tags.ts';
import type { AuthorizationTarget, Call, Resolved } from '../../../platform/runtime/call.ts';
import { orDamaged } from '../../../platform/store/damaged.ts';
import type { PcaDeps } from '../deps.ts';
import { type AuthorityReference, type Place, parseAuthorityArn } from '../domain/authority-ref.ts';
import { type AuthorityAction, permits, statusOf } from '../domain/authority-state.ts';
import type { AuthorityRecord } from '../store/authorities.ts';

export type AnyCall = Call<AnyOperation>;
export type Condition = readonly [key: string, value: string | readonly string[]];

export const TYPE = 'AWS::ACMPCA::CertificateAuthority';

/** What an operation adds to the question about an authority. */
export interface Question {
  conditions?: readonly Condition[];
  requestTags?: TagMap;
}

export interface AuthorityAnswer {
  reference: AuthorityReference;
  target: AuthorizationTarget;
  /** Undefined: there is no such authority, as far as the caller may know. */
  record: AuthorityRecord | undefined;
}

export function placeOf(call: AnyCall, deps: PcaDeps): Place {
  const { partition, region } = deps.settings;
  return { accountId: call.caller.accountId, partition, region };
}

export async function askAboutAuthority(
  call: AnyCall,
  deps: PcaDeps,
  arn: string,
  question: Question | ((found: AuthorityRecord) => Promise<Question>) = {},
): Promise<AuthorityAnswer> {
  const reference = parseAuthorityArn(arn, deps.settings);
  if (!reference) {
    const code = 'InvalidArn' in call.operation.errors ? 'InvalidArn' : 'NotFound';
    throw call.fail(code, `${arn} is no certificate authority of this region`, {
      hint: 'ListCertificateAuthorities shows those of the account',
    });
  }
  const record = await findAuthority(call, deps, reference);
  const target = record && targetOf(record, typeof question === 'function' ? await question(record) : question);
  if (target && (await isSeen(call, deps, target))) {
    call.touches(record.arn, TYPE, record.row.account_id);
    return { reference, target, record };
  }
  const bare = { resource: arn, accountId: reference.accountId, ...(typeof question === 'object' && asked(question)) };
  return { reference, target: bare, record: undefined };
}

/** An authority of another account is there for those whom its policy, and their own, let in. */
export async function isSeen(call: AnyCall, deps: PcaDeps, target: AuthorizationTarget): Promise<boolean> {
  return target.accountId === call.caller.accountId || policiesLetIn(call, deps, target);
}

/** A damaged authority of another account is not the caller's business: it is in our log, and missing in the answer. */
async function findAuthority(call: AnyCall, deps: PcaDeps, { authorityId, accountId }: AuthorityReference) {
  const look = () => deps.authorities.byId(authorityId);
  const found = accountId === call.caller.accountId ? await look() : await orDamaged(look);
  return found === 'damaged' || found?.row.account_id !== accountId ? undefined : found;
}

/** The question about an authority as it is, or as it would be. */
export function targetOf({ arn, row, tags, policy }: AuthorityRecord, question: Question = {}): AuthorizationTarget {
  const project = row.enterprise_project_id;
  return {
    resource: arn,
    accountId: row.account_id,
    project,
    resourceTags: tags,
    ...(policy && { policy }),
    ...asked(question),
  };
}

function asked({ conditions, requestTags }: Question) {
  return { ...(conditions && { context: conditions }), ...(requestTags && { requestTags }) };
}

/** `resolve` of an operation on one authority. */
export async function resolveAuthority(
  call: AnyCall,
  deps: PcaDeps,
  arn: string,
  question: Question = {},
): Promise<Resolved<AuthorityRecord>> {
  const { target, record } = await askAboutAuthority(call, deps, arn, question);
  if (record) return { targets: [target], state: record };
  return { targets: [target], state: undefined as never, absent: missingAuthority(call, arn) };
}

export function missingAuthority(call: AnyCall, arn: string) {
  return call.fail('NotFound', `certificate authority ${arn} does not exist`, {
    hint: 'ListCertificateAuthorities shows those of the account',
  });
}

/** Throws when the state of the authority does not permit what is asked for. */
export function requireState(call: AnyCall, action: AuthorityAction, { row, arn }: AuthorityRecord): void {
  const status = statusOf(row, call.now);
  if (permits(action, status)) return;
  throw call.fail('InvalidState', `certificate authority ${arn} is in state ${status}`, {
    hint: HINTS[status] ?? 'DescribeCertificateAuthority shows its state',
  });
}

const HINTS: Partial<Record<string, string>> = {
  PENDING_CERTIFICATE: 'import its certificate first',
  ACTIVE: 'disable it first with UpdateCertificateAuthority',
  DISABLED: 'enable it first with UpdateCertificateAuthority',
  DELETED: 'RestoreCertificateAuthority takes the deletion back',
  EXPIRED: 'import a new certificate for it',
};

export function conflict(call: AnyCall, { arn }: AuthorityRecord) {
  // IssueCertificate has no word for it: the state has changed, whatever it is now.
  const code = 'Conflict' in call.operation.errors ? 'Conflict' : 'InvalidState';
  return call.fail(code, `certificate authority ${arn} was changed by another request at the same time`, {
    hint: 'look at it again, then repeat the request if it is still wanted',
    details: { retryAfterSeconds: 1 },
  });
}
