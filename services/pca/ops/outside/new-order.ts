/**
 * A new order with a new key. INVARIANT: key, certificate request and intent are stored in one commit, before the CA hears
 * of it, so that a certificate that was issued always finds its key.
 */
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import type { PcaDeps } from '../../deps.ts';
import type { RequestContent } from '../../domain/keys/request.ts';
import type { CertificateKeyRow } from '../../domain/keys/rows.ts';
import { newOutsideOrder } from '../../domain/outside/order.ts';
import type { OutsideOrderRow } from '../../domain/outside/rows.ts';
import type { KeyAlgorithm } from '../../domain/x509/algorithm.ts';
import { subjectAltName } from '../../domain/x509/extension.ts';
import { writeName } from '../../domain/x509/name.ts';
import { insertKey } from '../../store/keys/key-queries.ts';
import { insertOutsideOrder } from '../../store/outside/order-queries.ts';
import { sealKey } from '../keys/sealed-keys.ts';
import type { OutsideAuthority } from './authority-access.ts';
import { keyNameOf, sealedOutsideOrder } from './order-rows.ts';

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
  const { pkcs8, publicKey, csr } = await deps.newKeys.make(keyAlgorithm, contentOf(names));
  try {
    const name = keyNameOf(deps, { order_id, account_id, outside_authority_id });
    const key = await sealKey(deps, name, { pkcs8, publicKey, now });
    const order = newOutsideOrder({ names, keyAlgorithm, csr: csr.toString('base64url'), replaces }, now);
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

/** The subject is empty: names stand where they belong (RFC 5280 4.2.1.6). */
function contentOf(names: readonly string[]): RequestContent {
  const values = names.map((value) => ({ kind: 'dns' as const, value }));
  return { subject: writeName([]), extensions: [subjectAltName(values, false)] };
}
