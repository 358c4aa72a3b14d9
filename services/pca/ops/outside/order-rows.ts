/**
 * Orders at outside CAs, and the certificates that came of them, as they are stored. SECURITY: whoever carries an order out
 * holds the version it read: what is written by somebody else in between makes its next change fail, and it stops.
 */
import type { PcaDeps } from '../../deps.ts';
import type { KeyName } from '../../domain/keys/rows.ts';
import { certificateDueAt, type OutsideCertificate } from '../../domain/outside/certificate.ts';
import { isOver, type OutsideOrder } from '../../domain/outside/order.ts';
import { outsideAuthorityArn, outsideOrderArn } from '../../domain/outside/ref.ts';
import {
  type OutsideCertificateRow,
  type OutsideOrderRow,
  outsideCertificateRowBytes,
  outsideOrderRowBytes,
} from '../../domain/outside/rows.ts';
import { keptArn } from '../../domain/scm/certificate-ref.ts';
import {
  guardedOutsideCertificate,
  guardedOutsideOrder,
  readOutsideCertificate,
  readOutsideOrder,
} from '../../store/outside/order-queries.ts';

/** How long the one who carries an order out is not disturbed after a change; a crash costs this much time. */
export const HELD_MS = 30_000;

export const readOutsideOrderBody = ({ body }: Pick<OutsideOrderRow, 'body'>) => JSON.parse(body) as OutsideOrder;

export const readOutsideCertificateBody = ({ body }: Pick<OutsideCertificateRow, 'body'>) =>
  JSON.parse(body) as OutsideCertificate;

const placeOf = ({ settings: { partition, region } }: Pick<PcaDeps, 'settings'>, accountId: string) => ({
  accountId,
  partition,
  region,
});

export const certificateArnOf = (deps: Pick<PcaDeps, 'settings'>, accountId: string, certificateId: string) =>
  keptArn(placeOf(deps, accountId), certificateId);

/** Of the key that was made for an order. */
export function keyNameOf(
  deps: Pick<PcaDeps, 'settings'>,
  row: Pick<OutsideOrderRow, 'account_id' | 'outside_authority_id' | 'order_id'>,
): KeyName {
  const { account_id: accountId, outside_authority_id, order_id } = row;
  const certificateArn = outsideOrderArn(placeOf(deps, accountId), outside_authority_id, order_id);
  return { accountId, certificateArn, version: 1 };
}

export async function sealedOutsideOrder(
  deps: Pick<PcaDeps, 'guard'>,
  row: Omit<OutsideOrderRow, 'row_mac' | 'status' | 'body' | 'due_at'>,
  order: OutsideOrder,
  dueAt = isOver(order) ? null : order.nextAt,
): Promise<OutsideOrderRow> {
  const written = { ...row, status: order.status, body: JSON.stringify(order), due_at: dueAt };
  const [row_mac] = await deps.guard.seal([outsideOrderRowBytes(written)]);
  return { ...written, row_mac: row_mac! };
}

export async function verifiedOutsideOrder(deps: PcaDeps, orderId: string): Promise<OutsideOrderRow | undefined> {
  const row = await readOutsideOrder(deps.store.read, orderId);
  if (!row) return undefined;
  await deps.guard.verify([guardedOutsideOrder(row)]);
  if (row.order_id !== orderId) throw deps.guard.refuse(`outside order ${orderId}`, 'the row is about another order');
  return row;
}

export function changedOutsideOrder(
  deps: Pick<PcaDeps, 'guard'>,
  { row_mac, ...row }: OutsideOrderRow,
  order: OutsideOrder,
  dueAt?: number | null,
): Promise<OutsideOrderRow> {
  return sealedOutsideOrder(deps, { ...row, version: row.version + 1 }, order, dueAt);
}

export async function sealedOutsideCertificate(
  deps: Pick<PcaDeps, 'guard'>,
  row: Omit<OutsideCertificateRow, 'row_mac' | 'state' | 'body' | 'due_at'>,
  of: OutsideCertificate,
): Promise<OutsideCertificateRow> {
  const written = { ...row, state: of.state, body: JSON.stringify(of), due_at: certificateDueAt(of) };
  const [row_mac] = await deps.guard.seal([outsideCertificateRowBytes(written)]);
  return { ...written, row_mac: row_mac! };
}

export function changedOutsideCertificate(
  deps: Pick<PcaDeps, 'guard'>,
  { row_mac, ...row }: OutsideCertificateRow,
  of: OutsideCertificate,
  edit: Partial<Pick<OutsideCertificateRow, 'certificate' | 'certificate_version' | 'requested_by'>> = {},
): Promise<OutsideCertificateRow> {
  return sealedOutsideCertificate(deps, { ...row, ...edit, version: row.version + 1 }, of);
}

export async function verifiedOutsideCertificate(
  deps: PcaDeps,
  certificateId: string,
): Promise<OutsideCertificateRow | undefined> {
  const row = await readOutsideCertificate(deps.store.read, certificateId);
  if (!row) return undefined;
  await deps.guard.verify([guardedOutsideCertificate(row)]);
  if (row.certificate_id !== certificateId)
    throw deps.guard.refuse(`outside certificate ${certificateId}`, 'the row is about another certificate');
  return row;
}

export function showOutsideOrder(deps: Pick<PcaDeps, 'settings'>, row: OutsideOrderRow) {
  const order = readOutsideOrderBody(row);
  const { problem } = order;
  return {
    OrderId: row.order_id,
    OutsideAuthorityArn: outsideAuthorityArn(placeOf(deps, row.account_id), row.outside_authority_id),
    CertificateId: row.certificate_id,
    CertificateArn: certificateArnOf(deps, row.account_id, row.certificate_id),
    Status: order.status,
    Names: [...order.names],
    KeyAlgorithm: order.keyAlgorithm,
    ...(problem && { Problem: problem.message, NextStep: problem.next }),
    ...(!isOver(order) && { NextTryAt: order.nextAt, TriedUntil: order.deadline }),
    CreatedAt: row.created_at,
  };
}

export function showOutsideCertificate(deps: Pick<PcaDeps, 'settings'>, row: OutsideCertificateRow) {
  const of = readOutsideCertificateBody(row);
  return {
    CertificateId: row.certificate_id,
    CertificateArn: certificateArnOf(deps, row.account_id, row.certificate_id),
    OutsideAuthorityArn: outsideAuthorityArn(placeOf(deps, row.account_id), row.outside_authority_id),
    State: of.state,
    Version: row.certificate_version,
    Names: [...of.names],
    KeyAlgorithm: of.keyAlgorithm,
    SerialNumber: of.serial,
    NotBefore: of.notBefore,
    NotAfter: of.notAfter,
    ...(of.state === 'active' && { RenewAt: of.renewAt }),
    ...(of.orderId !== undefined && { OrderId: of.orderId }),
    ...(of.problem && { Problem: of.problem.message, NextStep: of.problem.next }),
  };
}
