/**
 * From the ARN of a request to an authority and to the question that authorization is asked about it. An authority of
 * another account is treated like one that does not exist, in the answer and in the record.
 */
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import type { TagMap } from '../../../platform/contract/tags.ts';
import type { AuthorizationTarget, Call, Resolved } from '../../../platform/runtime/call.ts';
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
  question: Question = {},
): Promise<AuthorityAnswer> {
  const reference = parseAuthorityArn(arn, deps.settings);
  if (!reference) {
    const code = 'InvalidArn' in call.operation.errors ? 'InvalidArn' : 'NotFound';
    throw call.fail(code, `${arn} is no certificate authority of this region`, {
      hint: 'ListCertificateAuthorities shows those of the account',
    });
  }
  const isForeign = reference.accountId !== call.caller.accountId;
  const found = isForeign ? undefined : await deps.authorities.byId(reference.authorityId);
  if (found?.row.account_id !== call.caller.accountId)
    return {
      reference,
      target: { resource: arn, accountId: reference.accountId, ...asked(question) },
      record: undefined,
    };
  call.touches(found.arn, TYPE, found.row.account_id);
  return { reference, target: targetOf(found, question), record: found };
}

/** The question about an authority as it is, or as it would be. */
export function targetOf({ arn, row, tags }: AuthorityRecord, question: Question = {}): AuthorizationTarget {
  const project = row.enterprise_project_id;
  return { resource: arn, accountId: row.account_id, project, resourceTags: tags, ...asked(question) };
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
