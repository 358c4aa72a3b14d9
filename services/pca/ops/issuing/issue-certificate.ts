/**
 * Issuing a certificate. The order of the steps is what makes it safe: decided on what would be issued, checked by lints
 * over the bytes that will be signed, the serial number taken and these bytes stored, signed by the HSM, the signature
 * verified, and then, in one commit with the record, stored and answered. A crash leaves no certificate that nobody
 * knows of: whatever was signed stands in a row, with its number.
 */
import { ServiceError } from '../../../../platform/contract/error.ts';
import type { OutputOf } from '../../../../platform/contract/operation.ts';
import { type Change, change, implementFor } from '../../../../platform/runtime/call.ts';
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import { IssueCertificate } from '../../api/certificates.ts';
import type { PcaDeps } from '../../deps.ts';
import { certificateArn } from '../../domain/authority-ref.ts';
import { planOf } from '../../domain/issuing.ts';
import { type CertificateKeyRow, issuedKeyName } from '../../domain/keys/rows.ts';
import type { Finding } from '../../domain/lint/run.ts';
import { type CertificateRow, certificateRowBytes, UNREVOKED, type Unsealed } from '../../domain/rows.ts';
import { nameKeys } from '../../domain/search/name-key.ts';
import { ALGORITHM, verifiesBeside } from '../../domain/x509/algorithm.ts';
import { assemble, serialText, writeTbs } from '../../domain/x509/certificate.ts';
import { isUnchanged } from '../../store/authority-queries.ts';
import { endReservation } from '../../store/certificate-queries.ts';
import { deleteKeyRow } from '../../store/keys/key-queries.ts';
import { type AnyCall, conflict, requireState } from '../authority-access.ts';
import { requestToken } from '../request-token.ts';
import { isTrustedAt, requireTrustedChain } from '../revocation/trusted-chain.ts';
import { type Checked, checkOrder, hashesOf } from './check-order.ts';
import { type Order, resolveOrder } from './order.ts';

const implement = implementFor<PcaDeps>();
type Output = OutputOf<typeof IssueCertificate>;
const MOST_DRAWS = 3;

export const issueCertificate = implement(IssueCertificate, {
  resolve: resolveOrder,
  async run(call, input, order: Order, deps): Promise<Change<Output>> {
    const token = requestToken<Output>(call, deps, input.IdempotencyToken);
    const earlier = await token.recall();
    if (earlier) return change(async () => earlier);
    const { arn, store } = await issueFor(call, deps, order);
    return change((tx) =>
      token.once(tx, async () => {
        await store(tx);
        return { CertificateArn: arn };
      }),
    );
  },
});

export interface Issued {
  arn: string;
  row: CertificateRow;
  /** Makes the certificate one that was issued. */
  store(tx: AnyTransaction): Promise<void>;
  /** When it is not to be one: its number is never used again. */
  abandon(): Promise<void>;
}

/** That the authority may issue now. */
export async function requireIssuing(call: AnyCall, deps: PcaDeps, { record, template }: Order): Promise<void> {
  requireState(call, template.kind === 'root' ? 'IssueOwnCertificate' : 'IssueCertificate', record);
  await requireTrustedChain(call, deps, record);
}

/** Takes the number, signs, and leaves the commit to the caller. */
export async function issueFor(
  call: AnyCall,
  deps: PcaDeps,
  order: Order,
  keyOf?: Recipient['keyOf'],
): Promise<Issued> {
  const { record } = order;
  await requireIssuing(call, deps, order);
  const reserved = await reserve(deps, order, {
    now: call.now,
    requestedBy: call.caller.arn,
    refuse: (problem, hint) => call.fail('InvalidArgs', problem, { hint }),
    ...(keyOf && { keyOf }),
  });
  const row = await signed(deps, order, reserved);
  const arn = certificateArn(record.arn, reserved.serial);
  call.touches(arn, 'AWS::ACMPCA::Certificate', reserved.account_id);
  return {
    arn,
    row,
    async store(tx) {
      // Somebody has disabled the authority meanwhile, or changed it otherwise.
      if (!(await isUnchanged(tx, record.row))) throw conflict(call, record);
      if (!(await isTrustedAt(tx, record))) throw conflict(call, record);
      if (!(await endReservation(tx, row, nameKeys(order.planned)))) throw notReserved(reserved);
    },
    abandon: () => abandon(deps, reserved),
  };
}

/** For whom a certificate is issued, and how they are told why it cannot be. */
export interface Recipient {
  now: number;
  requestedBy: string;
  refuse(problem: string, hint: string): Error;
  /** The private key that is kept with the certificate of that number, sealed. */
  keyOf?(serial: string): Promise<CertificateKeyRow>;
}

/** The serial number is taken, and what is about to be signed is stored. */
export async function reserve(deps: PcaDeps, order: Checked, recipient: Recipient): Promise<CertificateRow> {
  const { record, draft, template } = order;
  for (let draw = 0; draw < MOST_DRAWS; draw++) {
    const serial = await deps.serials.next();
    const tbs = writeTbs(planOf(draft, serial));
    const { now } = recipient;
    requireCleanLints(await checkOrder(deps, order, { tbs, serial }, { now, warnings: false }), recipient);
    const reservation = {
      authority_id: record.row.authority_id,
      serial: serialText(serial),
      account_id: record.row.account_id,
      state: 'reserved' as const,
      template: template.name,
      tbs,
      certificate: null,
      ...{ not_before: draft.notBefore, not_after: draft.notAfter },
      ...hashesOf(draft),
      requested_by: recipient.requestedBy,
      created_at: recipient.now,
      ...UNREVOKED,
    };
    const row = await deps.reservations.take(reservation, await recipient.keyOf?.(reservation.serial));
    if (row) return row;
  }
  throw new ServiceError('Internal', `${MOST_DRAWS} serial numbers in a row were taken`);
}

function requireCleanLints(findings: readonly Finding[], { refuse }: Recipient): void {
  const errors = findings.filter(({ level }) => level === 'error');
  if (errors.length === 0) return;
  const told = errors.map(({ lint, name, message }) => `${message} (lint ${lint}, ${name})`).join('; ');
  throw refuse(
    `the certificate cannot be issued: ${told.slice(0, 2000)}`,
    'PreviewCertificate shows what would be issued',
  );
}

/** The row of the certificate, signed. What was not signed is kept as failed: its number is never used again. */
export async function signed(deps: PcaDeps, order: Checked, row: CertificateRow): Promise<CertificateRow> {
  const { record, draft } = order;
  const { row_mac, ...reserved } = row;
  try {
    const { hsm: algorithm, identifier } = ALGORITHM[draft.algorithm];
    const key = await deps.authorities.keyOf(record.row);
    const signature = await deps.hsm.signWith(key, { algorithm, message: reserved.tbs, isDigest: false });
    // SECURITY: a token that errs, or another key than was meant, must not leave a certificate behind.
    if (!(await verifiesBeside(reserved.tbs, identifier, signature, record.row.public_key)))
      throw new ServiceError('Internal', `the signature by authority ${record.row.authority_id} does not verify`);
    const certificate = assemble(reserved.tbs, draft.algorithm, signature);
    return await sealedCertificate(deps, { ...reserved, state: 'issued', certificate });
  } catch (error) {
    await abandon(deps, row);
    throw error;
  }
}

/** Ends a reservation of which nothing comes, if it can be ended now. */
async function abandon(deps: PcaDeps, { row_mac, ...reserved }: CertificateRow): Promise<void> {
  await fail(deps, reserved).catch((err: unknown) =>
    deps.log.warn({ serial: reserved.serial, err: String(err) }, 'reservation stays open until the job ends it'),
  );
}

/** Ends a reservation of which nothing came. The key that was kept with it is of no use. */
export async function fail(deps: PcaDeps, reserved: Unsealed<CertificateRow>): Promise<boolean> {
  const failed = await sealedCertificate(deps, { ...reserved, state: 'failed' });
  return deps.store.transaction(async (tx) => {
    const hasEnded = await endReservation(tx, failed, []);
    if (hasEnded) await deleteKeyRow(tx, issuedKeyName(reserved, deps.settings));
    return hasEnded;
  });
}

export async function sealedCertificate(deps: PcaDeps, row: Unsealed<CertificateRow>): Promise<CertificateRow> {
  const [row_mac] = await deps.guard.seal([certificateRowBytes(row)]);
  return { ...row, row_mac: row_mac! };
}

function notReserved({ serial }: CertificateRow): ServiceError {
  return new ServiceError('Unavailable', `signing certificate ${serial} took too long`, {
    hint: 'ask again',
    details: { retryAfterSeconds: 1 },
  });
}
