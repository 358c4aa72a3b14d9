/**
 * Private keys of certificates, kept for their owners. Guarantees that a key is in the database only sealed under the
 * tenant key of its account, bound to account, certificate, version and public key: in another row it does not open.
 * Refuses to seal a key that is not the one of the certificate. A key is in the clear in one Buffer, for as long as the
 * work takes that was given for it.
 *
 *     const row = await sealKey(deps, name, { pkcs8, publicKey, now });   // before the transaction: asks the HSM
 *     await insertKey(tx, row);                                           // in the commit that makes the certificate
 *     const kept = await keptKey(deps, name);                             // later: verified, still sealed
 *     if (kept) await withKey(deps, kept, async (pkcs8) => ...);          // zeroed afterwards
 *     await deleteKeyRow(tx, name);                                       // for good
 */
import { ServiceError } from '../../../../platform/contract/error.ts';
import { wrappedKey } from '../../../../platform/store/tenant-keys.ts';
import type { PcaDeps } from '../../deps.ts';
import { isKeyOf, keyAlgorithmOf, readPrivateKey } from '../../domain/keys/private-key.ts';
import {
  type CertificateKeyRow,
  certificateKeyAad,
  certificateKeyRowBytes,
  type KeyName,
} from '../../domain/keys/rows.ts';
import { publicKeyHash } from '../../domain/x509/public-key.ts';
import { guardedKey, readKeyRow } from '../../store/keys/key-queries.ts';

type KeyDeps = Pick<PcaDeps, 'hsm' | 'guard' | 'tenants' | 'store'>;

/** What is to be kept: the key, PKCS #8 DER, and the SubjectPublicKeyInfo of its certificate. */
export interface KeyToKeep {
  pkcs8: Buffer;
  publicKey: Buffer;
  now: number;
}

/** The row to insert. The caller zeroes `pkcs8`. Rejects with `Internal` when it is not the key of the certificate. */
export async function sealKey(
  deps: KeyDeps,
  name: KeyName,
  { pkcs8, publicKey, now }: KeyToKeep,
): Promise<CertificateKeyRow> {
  const key = readPrivateKey(pkcs8);
  const key_algorithm = key && keyAlgorithmOf(key);
  // INVARIANT: what is exported later belongs to its certificate.
  if (!key || !key_algorithm || !isKeyOf(key, publicKey))
    throw new ServiceError('Internal', `the private key is not that of ${name.certificateArn}`);
  const public_key_hash = publicKeyHash(publicKey);
  const tenant = wrappedKey(await deps.tenants.obtain(name.accountId));
  const row = {
    certificate_arn: name.certificateArn,
    version: name.version,
    account_id: name.accountId,
    key_algorithm,
    public_key_hash,
    sealed: await deps.hsm.sealSecret(tenant, certificateKeyAad(name, public_key_hash), pkcs8),
    created_at: now,
  };
  const [row_mac] = await deps.guard.seal([certificateKeyRowBytes(row)]);
  return { ...row, row_mac: row_mac! };
}

/** The key that is kept, still sealed; undefined: none is. */
export async function keptKey(deps: KeyDeps, name: KeyName): Promise<CertificateKeyRow | undefined> {
  const row = await readKeyRow(deps.store.read, name);
  if (!row) return undefined;
  const guarded = guardedKey(row);
  await deps.guard.verify([guarded]);
  if (row.certificate_arn !== name.certificateArn || row.version !== name.version || row.account_id !== name.accountId)
    throw deps.guard.refuse(guarded.name, 'the row is about another key');
  return row;
}

/** Opens the key for some work and zeroes it afterwards, whatever comes of it: the work must not hand it on. */
export async function withKey<Result>(
  deps: KeyDeps,
  row: CertificateKeyRow,
  work: (pkcs8: Buffer) => Result | Promise<Result>,
): Promise<Result> {
  const name = { accountId: row.account_id, certificateArn: row.certificate_arn, version: row.version };
  const tenant = wrappedKey(await deps.tenants.obtain(row.account_id));
  const pkcs8 = await deps.hsm.openSecret(tenant, certificateKeyAad(name, row.public_key_hash), row.sealed);
  try {
    return await work(pkcs8);
  } finally {
    pkcs8.fill(0);
  }
}
