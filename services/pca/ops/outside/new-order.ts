/**
 * A new order with a new key. INVARIANT: key, certificate request and intent are stored in one commit, before the CA hears
 * of it, so that a certificate that was issued always finds its key.
 */
import { generateKeyPair, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import type { PcaDeps } from '../../deps.ts';
import { writeRequestInfo } from '../../domain/csr.ts';
import { exportPrivateKey } from '../../domain/keys/private-key.ts';
import type { CertificateKeyRow } from '../../domain/keys/rows.ts';
import { newOutsideOrder } from '../../domain/outside/order.ts';
import type { OutsideOrderRow } from '../../domain/outside/rows.ts';
import { familyOf, type KeyAlgorithm, type SigningAlgorithm } from '../../domain/x509/algorithm.ts';
import { assemble } from '../../domain/x509/certificate.ts';
import { subjectAltName } from '../../domain/x509/extension.ts';
import { writeName } from '../../domain/x509/name.ts';
import { insertKey } from '../../store/keys/key-queries.ts';
import { insertOutsideOrder } from '../../store/outside/order-queries.ts';
import { sealKey } from '../keys/sealed-keys.ts';
import type { OutsideAuthority } from './authority-access.ts';
import { keyNameOf, sealedOutsideOrder } from './order-rows.ts';

const generate = promisify(generateKeyPair) as (
  type: string,
  options: object,
) => Promise<{ publicKey: KeyObject; privateKey: KeyObject }>;

export interface OrderWanted {
  names: readonly string[];
  keyAlgorithm: KeyAlgorithm;
  certificateId: string;
  /** See `requesterColumn`. */
  requestedBy: string;
  replaces?: string | undefined;
}

export interface PreparedOrder {
  row: OutsideOrderRow;
  key: CertificateKeyRow;
}

export async function prepareOrder(
  deps: PcaDeps,
  authority: OutsideAuthority,
  wanted: OrderWanted,
  now: number,
): Promise<PreparedOrder> {
  const { account_id, outside_authority_id } = authority.row;
  const { names, keyAlgorithm, replaces, certificateId } = wanted;
  const order_id = deps.ids.uuidv7();
  const pair = await generate(...kindOf(keyAlgorithm));
  const publicKey = pair.publicKey.export({ type: 'spki', format: 'der' });
  const pkcs8 = exportPrivateKey(pair.privateKey);
  try {
    const name = keyNameOf(deps, { order_id, account_id, outside_authority_id });
    const key = await sealKey(deps, name, { pkcs8, publicKey, now });
    const csr = requestFor(names, keyAlgorithm, publicKey, pair.privateKey).toString('base64url');
    const order = newOutsideOrder({ names, keyAlgorithm, csr, replaces }, now);
    const row = await sealedOutsideOrder(
      deps,
      {
        ...{ order_id, account_id, outside_authority_id },
        certificate_id: certificateId,
        requested_by: wanted.requestedBy,
        created_at: now,
        version: 1,
      },
      order,
    );
    return { row, key };
  } finally {
    pkcs8.fill(0);
  }
}

export async function insertPrepared(tx: AnyTransaction, { row, key }: PreparedOrder): Promise<void> {
  await insertKey(tx, key);
  await insertOutsideOrder(tx, row);
}

function kindOf(algorithm: KeyAlgorithm): [type: string, options: object] {
  if (familyOf(algorithm) === 'RSA') return ['rsa', { modulusLength: Number(algorithm.slice('RSA_'.length)) }];
  return ['ec', { namedCurve: algorithm.slice('EC_'.length) }];
}

const SIGNED: Readonly<Record<string, [SigningAlgorithm, string]>> = {
  EC_prime256v1: ['SHA256WITHECDSA', 'sha256'],
  EC_secp384r1: ['SHA384WITHECDSA', 'sha384'],
  EC_secp521r1: ['SHA512WITHECDSA', 'sha512'],
};

/** The subject is empty: names stand where they belong (RFC 5280 4.2.1.6). */
function requestFor(names: readonly string[], algorithm: KeyAlgorithm, publicKey: Buffer, key: KeyObject): Buffer {
  const alternative = subjectAltName(
    names.map((value) => ({ kind: 'dns', value })),
    false,
  );
  const info = writeRequestInfo(writeName([]), publicKey, [alternative]);
  const [signing, hash] = SIGNED[algorithm] ?? ['SHA256WITHRSA', 'sha256'];
  return assemble(info, signing, sign(hash, info, key));
}
