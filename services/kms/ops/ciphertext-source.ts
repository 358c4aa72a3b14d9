/**
 * The key behind a ciphertext, in the order of spec kms 3.3: read the header, find the key, authorize on that key,
 * compare it with the key the request names, check its state, open. A ciphertext of an unknown key and one of a
 * foreign key that does not let the caller in answer the same `InvalidCiphertext`, without a word more.
 */
import { HsmError } from '../../../hsm/port.ts';
import type { ServiceError } from '../../../platform/contract/error.ts';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import type { AuthorizationTarget, Call } from '../../../platform/runtime/call.ts';
import type { KmsDeps } from '../deps.ts';
import type { EncryptionContext } from '../domain/canonical.ts';
import { type Ciphertext, messageAad, parseCiphertext } from '../domain/ciphertext.ts';
import type { KeyReference } from '../domain/key-ref.ts';
import type { KeyRecord, Material } from '../store/key-record.ts';
import { askAboutKey, isForeign, type KeyQuestion, missingKey, readReference } from './key-access.ts';

type AnyCall = Call<AnyOperation>;

export interface CiphertextSource {
  target: AuthorizationTarget;
  record: KeyRecord;
  ciphertext: Ciphertext;
  /** What the request says the key is. */
  requested: KeyReference | undefined;
}

/** Throws `InvalidCiphertext` for what no key of this caller can have made. */
export async function findSource(
  call: AnyCall,
  deps: KmsDeps,
  blob: Buffer,
  keyId: string | undefined,
  question: KeyQuestion,
): Promise<CiphertextSource> {
  const requested = keyId === undefined ? undefined : readReference(call, deps, keyId);
  const ciphertext = parseCiphertext(blob);
  if (!ciphertext) throw invalidCiphertext(call);
  const found = await deps.keys.key(ciphertext.keyId);
  if (!found) throw invalidCiphertext(call);
  const conditions =
    requested?.kind === 'alias'
      ? [...(question.conditions ?? []), ['kms:RequestAlias', requested.aliasName] as const]
      : question.conditions;
  const reference: KeyReference = {
    kind: 'key',
    accountId: found.accountId,
    keyId: found.row.key_id,
    arn: found.arn,
  };
  const { target, record } = await askAboutKey(
    call,
    deps,
    { reference, record: found },
    { ...question, ...(conditions && { conditions }) },
  );
  if (!record) throw invalidCiphertext(call);
  return { target, record, ciphertext, requested };
}

/** After authorization: the request must not name another key than the one the ciphertext was made under. */
export async function requireSameKey(call: AnyCall, deps: KmsDeps, source: CiphertextSource): Promise<void> {
  const { requested, record } = source;
  if (requested === undefined) return;
  const own = !isForeign(call, requested.accountId);
  if (requested.kind === 'key') {
    if (requested.keyId === record.row.key_id && requested.accountId === record.accountId) return;
    if (own && (await deps.keys.key(requested.keyId))?.accountId !== requested.accountId)
      throw missingKey(call, requested);
  } else {
    const named = await deps.keys.byAlias(requested.accountId, requested.aliasName);
    if (named?.row.key_id === record.row.key_id) return;
    if (own && !named) throw missingKey(call, requested);
  }
  // Of another account's keys and aliases this is the only answer, whether they exist or not.
  throw call.fail(
    'IncorrectKey',
    'The key ID in the request does not identify a CMK that can perform this operation.',
    {
      hint: 'leave KeyId out, or give the key the ciphertext was made under',
    },
  );
}

export interface OpenMessage {
  material: Material;
  request: { header: Buffer; aad: Buffer; sealed: Buffer };
}

/** What the HSM needs to open the ciphertext, whose context may be canonical already. Throws `InvalidCiphertext` for material the key never had. */
export function openMessage(
  call: AnyCall,
  source: CiphertextSource,
  context: EncryptionContext | Buffer | undefined,
): OpenMessage {
  const { ciphertext, record } = source;
  const material = record.materials.get(ciphertext.materialId);
  if (!material) throw invalidCiphertext(call);
  const { header, sealed } = ciphertext;
  const aad = Buffer.isBuffer(context) ? context : messageAad(record.ownerAad, context);
  return { material, request: { header, aad, sealed } };
}

/** Runs an HSM call that opens a ciphertext; what does not verify is the caller's ciphertext, not our fault. */
export async function opening<T>(call: AnyCall, run: Promise<T>): Promise<T> {
  try {
    return await run;
  } catch (error) {
    if (error instanceof HsmError && error.code === 'integrity') throw invalidCiphertext(call);
    throw error;
  }
}

/** SECURITY: one answer for every reason. */
export function invalidCiphertext(call: AnyCall): ServiceError {
  return call.fail('InvalidCiphertext', '', {
    hint: 'the ciphertext, the encryption context or the key is not what encryption had',
  });
}
