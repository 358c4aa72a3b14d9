/** Certificates that came from orders: read, revoked (RFC 8555 7.4.2 and 7.6), and when to renew them (RFC 9773). */
import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { z } from 'zod';
import { ServiceError } from '../../../../platform/contract/error.ts';
import type { PcaDeps } from '../../deps.ts';
import { atTime, ORDER_MS } from '../../domain/acme/order.ts';
import { AcmeProblem } from '../../domain/acme/problem.ts';
import { pastWindow, readCertificateId, suggestedWindow } from '../../domain/acme/renewal-info.ts';
import type { AcmeAccountRow, OrderRow } from '../../domain/acme/rows.ts';
import { DerError } from '../../domain/der/reader.ts';
import type { CertificateRow } from '../../domain/rows.ts';
import { type Certificate, readCertificate, serialText } from '../../domain/x509/certificate.ts';
import { generalNameText, normalized } from '../../domain/x509/general-name.ts';
import { publicKeyHash } from '../../domain/x509/public-key.ts';
import { guardedOrder, readOrderOfCertificate, recentOrders } from '../../store/acme/account-queries.ts';
import { guardedCertificate } from '../../store/authorities.ts';
import { readCertificateRow } from '../../store/certificate-queries.ts';
import { certificatePem, chainPem } from '../read-authorities.ts';
import { revocationOf } from '../revocation/revocation-of.ts';
import { accountById, callerOf } from './account-rows.ts';
import { type PublicJwk, payloadOf } from './jws.ts';
import { readBody } from './order-rows.ts';
import type { Reply } from './reply.ts';
import type { FromAccount, FromKey, Visit } from './request.ts';

type Issued = CertificateRow & { certificate: Buffer };

const MOST_ORDERS = 1_000;

const missing = () => new AcmeProblem('malformed', 'there is no such certificate', { status: 404 });

/** A certificate of the directory, with the order it came from. */
async function issuedBy(
  deps: PcaDeps,
  { directory }: Visit,
  serial: string,
): Promise<{ order: OrderRow; row: Issued } | undefined> {
  const order = await readOrderOfCertificate(deps.store.read, directory.row.directory_id, serial);
  if (!order) return undefined;
  await deps.guard.verify([guardedOrder(order)]);
  const { authority_id } = directory.row;
  const row = await readCertificateRow(deps.store.read, authority_id, serial);
  if (!row?.certificate || order.serial !== serial) return undefined;
  await deps.guard.verify([guardedCertificate(row)]);
  if (row.authority_id !== authority_id || row.serial !== serial)
    throw deps.guard.refuse(`certificate ${serial}`, 'the row is about another certificate');
  return { order, row: row as Issued };
}

export async function certificate(deps: PcaDeps, request: FromAccount, serial: string): Promise<Reply> {
  const found = await issuedBy(deps, request, serial);
  if (found?.order.acme_account_id !== request.account.acme_account_id) throw missing();
  const { CertificateChain = '' } = chainPem(request.directory.authority.issuer.chain);
  const leaf = certificatePem(found.row.certificate);
  return {
    status: 200,
    headers: { 'content-type': 'application/pem-certificate-chain' },
    body: [leaf, CertificateChain]
      .map((pem) => pem.trim())
      .join('\n')
      .concat('\n'),
  };
}

/** RFC 5280 5.3.1; what is not here cannot be given by a client. */
const REASONS: Readonly<Record<number, RevocationReason>> = {
  0: 'UNSPECIFIED',
  1: 'KEY_COMPROMISE',
  3: 'AFFILIATION_CHANGED',
  4: 'SUPERSEDED',
  5: 'CESSATION_OF_OPERATION',
  9: 'PRIVILEGE_WITHDRAWN',
};
type RevocationReason = Parameters<PcaDeps['clients']['pca']['RevokeCertificate']>[0]['RevocationReason'];

const Revocation = z.object({
  certificate: z
    .string()
    .max(90_000)
    .regex(/^[A-Za-z0-9_-]+$/),
  reason: z.int().optional(),
});

export async function revokeCert(deps: PcaDeps, request: FromAccount | FromKey): Promise<Reply> {
  const asked = payloadOf(request.jws, Revocation);
  const reason = REASONS[asked.reason ?? 0];
  if (!reason) throw new AcmeProblem('badRevocationReason', `reason ${asked.reason} cannot be given`);
  const bytes = Buffer.from(asked.certificate, 'base64url');
  const given = parsed(bytes);
  const found = await issuedBy(deps, request, serialText(given.serial));
  if (!found?.row.certificate.equals(bytes)) throw missing();
  const owner = await revoker(deps, request, found, given, reason);
  try {
    await revoke(deps, request, owner, found.row.serial, reason);
  } catch (error) {
    throw revocationProblem(error);
  }
  return { status: 200 };
}

/**
 * Whoever has the key of the certificate, the account that ordered it, or one that has proven all its names (RFC 8555
 * 7.6). Only the key itself proves that it is not a
 * secret any more (spec pca 3.6).
 */
async function revoker(
  deps: PcaDeps,
  request: FromAccount | FromKey,
  { order }: { order: OrderRow },
  given: Certificate,
  reason: RevocationReason,
): Promise<AcmeAccountRow> {
  if ('account' in request) {
    const isOwner = order.acme_account_id === request.account.acme_account_id;
    if (!isOwner && !(await controls(deps, request, given)))
      throw new AcmeProblem(
        'unauthorized',
        'the certificate was not ordered by the account, nor has it proven all its names',
      );
    if (reason === 'KEY_COMPROMISE')
      throw new AcmeProblem('badRevocationReason', 'a compromised key is reported with a request that it signs itself');
    return request.account;
  }
  const key = createPublicKey({ key: request.key.jwk as PublicJwk as JsonWebKey, format: 'jwk' });
  if (publicKeyHash(key.export({ type: 'spki', format: 'der' })) !== publicKeyHash(given.publicKey))
    throw new AcmeProblem(
      'unauthorized',
      'the request is signed neither by the account nor by the key of the certificate',
    );
  const owner = await accountById(deps, order.directory_id, order.acme_account_id);
  if (!owner) throw missing();
  return owner;
}

/** Whether the account holds valid authorizations for every name. */
async function controls(deps: PcaDeps, { account, call }: FromAccount, given: Certificate): Promise<boolean> {
  const rows = await recentOrders(deps.store.read, account, call.now - ORDER_MS, MOST_ORDERS);
  await deps.guard.verify(rows.map(guardedOrder));
  const held = new Set(
    rows.flatMap((row) =>
      atTime(readBody(row), call.now)
        .authorizations.filter(({ status }) => status === 'valid')
        .map(({ identifier: { type, value } }) => `${type}:${value}`),
    ),
  );
  const names = (given.facts.subjectAltNames ?? []).map(normalized);
  return names.length > 0 && names.every((name) => held.has(`${name.kind}:${generalNameText(name)}`));
}

/** By RevokeCertificate of this service, as the principal of an account. */
async function revoke(
  deps: PcaDeps,
  { directory, call }: Visit,
  owner: AcmeAccountRow,
  serial: string,
  RevocationReason: RevocationReason,
): Promise<void> {
  const { arn: CertificateAuthorityArn } = directory.authority;
  const on = { caller: callerOf(owner), origin: call.origin, sourceArn: directory.arn };
  await deps.clients.pca.RevokeCertificate(
    { CertificateAuthorityArn, CertificateSerial: serial, RevocationReason },
    on,
  );
}

function revocationProblem(error: unknown): unknown {
  if (!(error instanceof ServiceError)) return error;
  if (error.code === 'RequestAlreadyProcessed') return new AcmeProblem('alreadyRevoked', 'the certificate is revoked');
  if (error.code === 'AccessDenied')
    return new AcmeProblem(
      'unauthorized',
      `the principal of the account may not revoke this certificate: ${error.message}`,
    );
  if (error.code === 'Unauthenticated')
    return new AcmeProblem('unauthorized', 'the principal of the account does not exist any more');
  return error;
}

function parsed(bytes: Buffer): Certificate {
  try {
    return readCertificate(bytes);
  } catch (error) {
    if (error instanceof DerError) throw new AcmeProblem('malformed', 'the certificate cannot be read');
    throw error;
  }
}

const RENEWAL_SECONDS = 6 * 3600;

/** Without a signature: certificates are no secret, and caches may answer (RFC 9773 4). */
export async function renewalInfo(deps: PcaDeps, request: Visit, text: string): Promise<Reply> {
  const id = readCertificateId(text);
  if (!id) throw new AcmeProblem('malformed', 'this is no certificate identifier');
  const { authority } = request.directory;
  const found = authority.issuer.keyId.equals(id.keyId)
    ? await issuedBy(deps, request, serialText(id.serial))
    : undefined;
  if (!found) throw missing();
  const { row } = found;
  const { revocation } = await revocationOf(deps, row, row);
  const { now } = request.call;
  const isOver = revocation?.state === 'revoked' || authority.row.state !== 'ACTIVE';
  const { start, end } = isOver
    ? pastWindow(now)
    : suggestedWindow({ notBefore: row.not_before, notAfter: row.not_after });
  return {
    status: 200,
    headers: { 'retry-after': String(RENEWAL_SECONDS) },
    body: { suggestedWindow: { start: new Date(start).toISOString(), end: new Date(end).toISOString() } },
  };
}
