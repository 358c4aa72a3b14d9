/** What an outside CA issued: checked, and kept in one commit with the end of its order. */
import { OutsideRecords } from '../../api/outside/protocol.ts';
import type { PcaDeps } from '../../deps.ts';
import { readRequest } from '../../domain/csr.ts';
import { newlyIssued } from '../../domain/outside/certificate.ts';
import { anchoredBy, type CheckedChain, checkIssued, readAnchors } from '../../domain/outside/check-certificate.ts';
import { OutsideFailure } from '../../domain/outside/failure.ts';
import { issued, type OutsideOrder } from '../../domain/outside/order.ts';
import type { OutsideCertificateRow } from '../../domain/outside/rows.ts';
import { readPem } from '../../domain/x509/pem.ts';
import { outsideAuthorityById } from '../../ops/outside/authority-access.ts';
import { withIssued } from '../../ops/outside/inventory.ts';
import { changedOutsideCertificate, sealedOutsideCertificate } from '../../ops/outside/order-rows.ts';
import { insertOutsideCertificate, replaceOutsideCertificate } from '../../store/outside/order-queries.ts';
import { type HeldOrder, OrderLost } from './held-order.ts';

/** @param pem as the CA answered it */
export async function keepIssued(deps: PcaDeps, held: HeldOrder, pem: string): Promise<void> {
  const now = deps.clock.now();
  const { order } = held;
  const chain = await checked(deps, held, pem, order, now);
  const { names, keyAlgorithm } = order;
  const of = newlyIssued({ names, keyAlgorithm, ...chain.facts }, now);
  const { row } = held;
  const before = await held.renewed();
  const kept = await withIssued(deps, row, before?.row, chain, now);
  const facts = { SerialNumber: chain.facts.serial };
  if (before) {
    const edit = { certificate: chain.leaf, certificate_version: kept.version };
    const next = await changedOutsideCertificate(deps, before.row, of, edit);
    return held.write(issued(order), OutsideRecords.issued, facts, async (tx) => {
      return (await replaceOutsideCertificate(tx, next)) && kept.write(tx);
    });
  }
  const made = await newCertificate(deps, held, chain, of, now);
  return held.write(issued(order), OutsideRecords.issued, facts, async (tx) => {
    await insertOutsideCertificate(tx, made);
    return kept.write(tx);
  });
}

function newCertificate(
  deps: PcaDeps,
  { row }: HeldOrder,
  { leaf }: CheckedChain,
  of: ReturnType<typeof newlyIssued>,
  now: number,
): Promise<OutsideCertificateRow> {
  const { certificate_id, account_id, outside_authority_id, requested_by } = row;
  return sealedOutsideCertificate(
    deps,
    {
      ...{ certificate_id, account_id, outside_authority_id, requested_by },
      certificate_version: 1,
      certificate: leaf,
      created_at: now,
      version: 1,
    },
    of,
  );
}

async function checked(
  deps: PcaDeps,
  { row }: HeldOrder,
  pem: string,
  order: OutsideOrder,
  now: number,
): Promise<CheckedChain> {
  const authority = await outsideAuthorityById(deps, row.outside_authority_id);
  if (!authority) throw new OrderLost();
  const request = readRequest(Buffer.from(order.csr, 'base64url'));
  if (!request.ok) throw deps.guard.refuse(`outside order ${row.order_id}`, 'its certificate request cannot be read');
  const { trust } = authority.settings;
  const anchors = trust === null ? deps.outside.anchors() : readAnchors(readPem(trust, ['CERTIFICATE']) ?? []);
  const { publicKey } = request.csr;
  const found = checkIssued(pem, { names: order.names, publicKey, now, isAnchored: anchoredBy(anchors) });
  if (!found.ok) throw new OutsideFailure('wrong-certificate', found.problem);
  return found.chain;
}
