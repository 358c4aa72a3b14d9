/**
 * Looks after certificates of outside CAs: asks when they are to be renewed (RFC 9773), orders the next version of those
 * whose time has come, and has those revoked that somebody wants revoked. A failure is shown and does not stop it.
 */
import { serviceCaller } from '../../../../platform/client/transport.ts';
import { ServiceError } from '../../../../platform/contract/error.ts';
import type { Job } from '../../../../platform/runtime/service.ts';
import { OutsideRecords } from '../../api/outside/protocol.ts';
import type { PcaDeps } from '../../deps.ts';
import {
  notSuggested,
  type OutsideCertificate,
  renewalFailed,
  revocationFailed,
  revocationRefused,
  revoked,
  suggested,
} from '../../domain/outside/certificate.ts';
import { judge, OutsideFailure } from '../../domain/outside/failure.ts';
import { pause } from '../../domain/outside/order.ts';
import type { OutsideCertificateRow } from '../../domain/outside/rows.ts';
import { clientFor, ensureAccount } from '../../ops/outside/account.ts';
import { type OutsideAuthority, outsideAuthorityById } from '../../ops/outside/authority-access.ts';
import { prepareRenewal } from '../../ops/outside/certificates.ts';
import { type InCommit, keptEntry, notOurs, withRevocation } from '../../ops/outside/inventory.ts';
import { insertPrepared } from '../../ops/outside/new-order.ts';
import {
  certificateArnOf,
  changedOutsideCertificate,
  readOutsideCertificateBody,
  verifiedOutsideCertificate,
} from '../../ops/outside/order-rows.ts';
import { BY_ITSELF, callerOfColumn, type OutsideRecord, recordOutside } from '../../ops/outside/record.ts';
import { listDueOutsideCertificates, replaceOutsideCertificate } from '../../store/outside/order-queries.ts';

const BATCH = 64;

export const renewCertificates: Job<PcaDeps> = {
  name: 'pca-outside-certificates',
  everyMs: 2_000,
  async run(deps) {
    const due = await listDueOutsideCertificates(deps.store.read, deps.clock.now(), BATCH);
    for (const { certificate_id } of due) await lookAfter(deps, certificate_id);
  },
};

async function lookAfter(deps: PcaDeps, certificateId: string): Promise<void> {
  try {
    const row = await verifiedOutsideCertificate(deps, certificateId);
    const authority = row && (await outsideAuthorityById(deps, row.outside_authority_id));
    if (!row || !authority) return;
    const of = readOutsideCertificateBody(row);
    if (of.state === 'revoking') return await revoke(deps, authority, row, of);
    const now = deps.clock.now();
    if (of.askAt !== undefined && of.askAt <= now) await ask(deps, authority, row, of);
    else if (of.renewAt <= now) await renew(deps, authority, row, of);
  } catch (error) {
    // A row that does not verify stays, for the investigation.
    if (!(error instanceof ServiceError)) throw error;
    deps.log.error({ certificateId, err: error.message }, 'outside certificate is not looked after');
  }
}

async function ask(
  deps: PcaDeps,
  authority: OutsideAuthority,
  row: OutsideCertificateRow,
  of: OutsideCertificate,
): Promise<void> {
  let next: OutsideCertificate;
  try {
    const client = await clientFor(deps, authority);
    const window = await client.renewalInfo(of.renewalId ?? '');
    const [byte = 0] = await deps.hsm.random(1);
    next = suggested(of, window, byte / 255, deps.clock.now());
  } catch (error) {
    if (!(error instanceof OutsideFailure)) throw error;
    next = notSuggested(of, deps.clock.now());
  }
  // Nobody's wish, and nothing that a record would be for: when it is renewed, a record says so.
  const changed = await changedOutsideCertificate(deps, row, next);
  await deps.store.transaction((tx) => replaceOutsideCertificate(tx, changed));
}

async function renew(
  deps: PcaDeps,
  authority: OutsideAuthority,
  row: OutsideCertificateRow,
  of: OutsideCertificate,
): Promise<void> {
  const entry = await keptEntry(deps, row.certificate_id);
  if (entry?.certificate_version !== row.certificate_version) {
    const problem = notOurs(row.certificate_id, entry);
    const changed = await changedOutsideCertificate(deps, row, renewalFailed(of, problem, deps.clock.now()));
    await deps.store.transaction((tx) => replaceOutsideCertificate(tx, changed));
    return;
  }
  const { prepared, certificate } = await prepareRenewal(deps, authority, row, {
    requestedBy: BY_ITSELF,
    now: deps.clock.now(),
  });
  await deps.store.transaction(async (tx) => {
    // Somebody else was faster: what that one did holds.
    if (!(await replaceOutsideCertificate(tx, certificate))) return;
    await insertPrepared(tx, prepared);
    const CertificateArn = certificateArnOf(deps, row.account_id, row.certificate_id);
    const facts = { OrderId: prepared.row.order_id, CertificateArn };
    const caller = serviceCaller('pca');
    await recordOutside(deps, tx, { operation: OutsideRecords.renewalBegun, authority, caller, facts });
  });
}

async function revoke(
  deps: PcaDeps,
  authority: OutsideAuthority,
  row: OutsideCertificateRow,
  of: OutsideCertificate,
): Promise<void> {
  try {
    const client = await clientFor(deps, authority);
    await ensureAccount(deps, authority, client);
    await client.revoke(row.certificate, of.reason ?? 0);
    const inInventory = await withRevocation(deps, row, of.reason ?? 0, deps.clock.now());
    await settle(deps, authority, row, { of: revoked(of), operation: OutsideRecords.revoked, inInventory });
  } catch (error) {
    if (!(error instanceof OutsideFailure)) throw error;
    const { isFinal, next } = judge(error);
    const problem = { message: error.message, next };
    const delay = Math.max(pause(of.failures + 1), error.facts.retryAfterMs ?? 0);
    const after = isFinal ? revocationRefused(of, problem) : revocationFailed(of, problem, delay, deps.clock.now());
    await settle(deps, authority, row, { of: after, operation: OutsideRecords.notRevoked });
  }
}

async function settle(
  deps: PcaDeps,
  authority: OutsideAuthority,
  row: OutsideCertificateRow,
  { of, operation, inInventory }: { of: OutsideCertificate; operation: OutsideRecord; inInventory?: InCommit },
): Promise<void> {
  const changed = await changedOutsideCertificate(deps, row, of);
  const caller = callerOfColumn(row.requested_by, row.account_id);
  const CertificateArn = certificateArnOf(deps, row.account_id, row.certificate_id);
  const facts = { CertificateArn, SerialNumber: of.serial, ...(of.problem && { Outcome: of.problem.message }) };
  await deps.store.transaction(async (tx) => {
    if (!(await replaceOutsideCertificate(tx, changed))) return;
    if (inInventory && !(await inInventory(tx)))
      throw new ServiceError('Conflict', `certificate ${row.certificate_id} was changed at the same time`);
    await recordOutside(deps, tx, { operation, authority, caller, facts });
  });
}
