/**
 * The key of a secret for whoever gets a grant of it. The vault has no right on any key, so kms grants the use of the
 * key on behalf of the caller, confined to values of this secret, and takes it back when the grant is revoked.
 */
import { ServiceError } from '../../../platform/contract/error.ts';
import type { CcmsDeps } from '../deps.ts';
import { keyReference } from '../domain/secret-ref.ts';
import { CURRENT } from '../domain/stages.ts';
import type { SecretRecord } from '../store/secret-record.ts';
import type { AnyCall } from './secret-access.ts';

export interface KeyGrant {
  key_arn: string | null;
  key_grant_id: string | null;
}

const NONE: KeyGrant = { key_arn: null, key_grant_id: null };

/** What the grantee needs of kms, or that it needs nothing. `name`: of the grant there. */
export async function grantKey(
  call: AnyCall,
  deps: CcmsDeps,
  secret: SecretRecord,
  to: { grantee: string; accountId: string; name: string },
): Promise<KeyGrant> {
  if (secret.row.kms_key_id === null) {
    // Everybody of the account may use its default key through the vault, and nobody else can.
    if (to.accountId === secret.row.account_id) return NONE;
    throw call.fail(
      'InvalidRequest',
      'the secret is protected by the default key of its account, which serves no other',
      {
        hint: 'give the secret a key of its own with UpdateSecret, then grant it',
      },
    );
  }
  const key_arn = await keyOf(call, deps, secret, secret.row.kms_key_id);
  const { GrantId } = await asking(call, 'kms:CreateGrant', () =>
    deps.clients.kms.CreateGrant(
      {
        KeyId: key_arn,
        GranteePrincipal: to.grantee,
        Operations: ['Decrypt'],
        Constraints: { EncryptionContextSubset: { SecretARN: secret.arn } },
        Name: to.name,
      },
      call,
    ),
  );
  return { key_arn, key_grant_id: GrantId };
}

/** The key of the present value; of a secret without one, the key that is named. Grants take no alias. */
async function keyOf(call: AnyCall, deps: CcmsDeps, secret: SecretRecord, named: string): Promise<string> {
  const current = secret.stages.get(CURRENT);
  const row = current === undefined ? undefined : await deps.secrets.version(secret, current);
  if (row?.key_arn) return row.key_arn;
  const KeyId = keyReference(named, secret.place);
  const { KeyMetadata } = await asking(call, 'kms:DescribeKey', () => deps.clients.kms.DescribeKey({ KeyId }, call));
  return KeyMetadata.Arn as string;
}

/** Whether it ended; false: the caller may not end it. One that is gone has ended. */
export async function retireKeyGrant(call: AnyCall, deps: CcmsDeps, grant: KeyGrant): Promise<boolean> {
  if (grant.key_arn === null || grant.key_grant_id === null) return true;
  try {
    await deps.clients.kms.RetireGrant({ KeyId: grant.key_arn, GrantId: grant.key_grant_id }, call);
    return true;
  } catch (error) {
    if (!(error instanceof ServiceError) || OUR_FAULT.has(error.code)) throw error;
    return error.code === 'NotFound';
  }
}

const OUR_FAULT: ReadonlySet<string> = new Set(['Unavailable', 'Internal', 'TooManyRequests']);

/** Tells in our words why kms did not do it. */
async function asking<T>(call: AnyCall, action: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ServiceError) || OUR_FAULT.has(error.code)) throw error;
    if (error.code === 'AccessDenied' || error.code === 'NotFound') {
      throw call.fail('AccessDenied', 'Access to KMS is not allowed', {
        hint: `the caller needs ${action} on the key of the secret; KeyAccess none makes the grant without its key`,
        ...(error.details.decisionId !== undefined && { details: { decisionId: error.details.decisionId } }),
      });
    }
    if (error.code === 'LimitExceeded') throw call.fail('LimitExceeded', error.message);
    throw call.fail('InvalidRequest', 'the KMS key of the secret cannot be granted', {
      hint: 'DescribeKey of kms shows the state of the key',
    });
  }
}
