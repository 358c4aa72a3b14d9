/**
 * Data keys, made and opened by kms for the caller of the request: the vault has no right on any key. What kms refuses
 * is told under the names that AWS clients know from the vault.
 */
import { parseArn } from '../../../platform/contract/arn.ts';
import { ServiceError } from '../../../platform/contract/error.ts';
import type { CcmsDeps } from '../deps.ts';
import { encryptionContext, KEY_ACCESS_CHECK } from '../domain/sealed-value.ts';
import { keyReference, type Place } from '../domain/secret-ref.ts';
import type { AnyCall } from './secret-access.ts';

/** What ListSecretVersionIds calls the default key. */
export const DEFAULT_KEY_NAME = 'DefaultEncryptionKey';
const DEFAULT_ALIAS = 'alias/aws/secretsmanager';

/** A secret as far as its key matters; `keyId` null: the default key of its account. */
export interface KeyHolder {
  arn: string;
  place: Place;
  keyId: string | null;
}

export interface DataKey {
  /** To be zeroed by whoever asked. */
  key: Buffer;
  wrapped: Buffer;
  keyArn: string;
}

/** Null for every way of naming the default key. */
export function ownKey(keyId: string | undefined): string | null {
  return keyId === undefined || keyId === '' || keyId === DEFAULT_ALIAS || keyId.endsWith(`:${DEFAULT_ALIAS}`)
    ? null
    : keyId;
}

export async function newDataKey(
  call: AnyCall,
  deps: CcmsDeps,
  holder: KeyHolder,
  versionId: string,
): Promise<DataKey> {
  return using(call, 'EncryptionFailure', async () => {
    const KeyId =
      holder.keyId === null
        ? (await deps.clients.kms.ObtainDefaultKey({ AccountId: holder.place.accountId })).KeyId
        : keyReference(holder.keyId, holder.place);
    const made = await deps.clients.kms.GenerateDataKey(
      { KeyId, KeySpec: 'AES_256', EncryptionContext: encryptionContext(holder.arn, versionId) },
      call,
    );
    return { key: made.Plaintext, wrapped: made.CiphertextBlob, keyArn: made.KeyId };
  });
}

export async function openDataKey(
  call: AnyCall,
  deps: CcmsDeps,
  version: { arn: string; versionId: string; keyArn: string; wrapped: Buffer },
): Promise<Buffer> {
  const { arn, versionId, keyArn, wrapped } = version;
  const open = async () => {
    const input = {
      CiphertextBlob: wrapped,
      KeyId: keyArn,
      EncryptionContext: encryptionContext(arn, versionId),
    };
    return (await deps.clients.kms.Decrypt(input, call)).Plaintext;
  };
  return using(call, 'DecryptionFailure', async () => {
    try {
      return await deps.keys.obtain(call.caller, arn, versionId, wrapped, open);
    } catch (error) {
      // A key of another account that does not let the caller in is hidden by kms; here the caller knows of it.
      const isHidden = error instanceof ServiceError && error.code === 'InvalidCiphertext';
      if (isHidden && parseArn(keyArn)?.accountId !== call.caller.accountId)
        throw new ServiceError('AccessDenied', error.message);
      throw error;
    }
  });
}

/** A caller who could not read what is written next must not name the key. */
export async function checkKeyAccess(call: AnyCall, deps: CcmsDeps, holder: KeyHolder): Promise<void> {
  const made = await newDataKey(call, deps, holder, KEY_ACCESS_CHECK);
  made.key.fill(0);
  const opened = await openDataKey(call, deps, { ...made, arn: holder.arn, versionId: KEY_ACCESS_CHECK });
  opened.fill(0);
}

const OUR_FAULT: ReadonlySet<string> = new Set(['Unavailable', 'Internal', 'TooManyRequests']);

/** Tells in our words why kms did not do it. */
async function using<T>(
  call: AnyCall,
  failure: 'EncryptionFailure' | 'DecryptionFailure',
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ServiceError) || OUR_FAULT.has(error.code)) throw error;
    if (error.code === 'AccessDenied') {
      throw call.fail('AccessDenied', 'Access to KMS is not allowed', {
        hint: `the caller needs ${failure === 'EncryptionFailure' ? 'kms:GenerateDataKey' : 'kms:Decrypt'} on the key of the secret`,
        ...(error.details.decisionId !== undefined && { details: { decisionId: error.details.decisionId } }),
      });
    }
    if (error.code === 'NotFound' && failure === 'EncryptionFailure') {
      throw call.fail('NotFound', 'the KMS key of the secret does not exist', { hint: 'name a key that exists' });
    }
    if (error.code === 'Validation' || error.code === 'InvalidArn')
      throw call.fail('InvalidParameter', 'KmsKeyId names no key', {
        hint: 'give a key id, key ARN, alias or alias ARN',
      });
    throw call.fail(failure, 'the KMS key of the secret cannot be used', {
      hint: 'DescribeKey of kms shows the state of the key',
    });
  }
}
