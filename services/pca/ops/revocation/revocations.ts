import { hash } from 'node:crypto';
import { type Change, change, implementFor } from '../../../../platform/runtime/call.ts';
import {
  HoldCertificate,
  ReleaseCertificateHold,
  ReportKeyCompromise,
  RevokeCertificate,
} from '../../api/revocation/revocations.ts';
import type { PcaDeps } from '../../deps.ts';
import { MAX_BLOCKED_KEYS_PER_ACCOUNT } from '../../domain/limits.ts';
import { ownFacts } from '../../domain/revocation/agreement.ts';
import { codeOf, type RevocationStep, type StepProblem, step } from '../../domain/revocation/reason.ts';
import { LISTED, type RevocationRow, revocationRowBytes } from '../../domain/revocation/rows.ts';
import { readSettings, shardOf } from '../../domain/revocation/settings.ts';
import { isAuthority, readCertificate } from '../../domain/x509/certificate.ts';
import type { AuthorityRecord } from '../../store/authorities.ts';
import { countBlockedKeys, insertBlockedKey } from '../../store/certificate-queries.ts';
import { hurryList } from '../../store/revocation/list-queries.ts';
import { markCertificate, writeRevocation } from '../../store/revocation/revocation-queries.ts';
import { type AnyCall, conflict, resolveAuthority } from '../authority-access.ts';
import { sealedCertificate } from '../issuing/issue-certificate.ts';
import { type IssuedRow, requireIssued } from './issued-certificate.ts';
import { requireAgreement } from './revocation-of.ts';

const implement = implementFor<PcaDeps>();

/** Revocations that come one after the other are in one list. */
const GATHER_MS = 2_000;

export const revokeCertificate = implement(RevokeCertificate, {
  resolve: (call, input, deps) =>
    resolveAuthority(call, deps, input.CertificateAuthorityArn, {
      conditions: [['acm-pca:RevocationReason', input.RevocationReason]],
    }),
  run: (call, input, record, deps) =>
    revocation(call, deps, record, input.CertificateSerial, { kind: 'revoke', reason: input.RevocationReason }),
});

export const holdCertificate = implement(HoldCertificate, {
  resolve: (call, input, deps) => resolveAuthority(call, deps, input.CertificateAuthorityArn),
  run: (call, input, record, deps) => revocation(call, deps, record, input.CertificateSerial, { kind: 'hold' }),
});

export const releaseCertificateHold = implement(ReleaseCertificateHold, {
  resolve: (call, input, deps) => resolveAuthority(call, deps, input.CertificateAuthorityArn),
  run: (call, input, record, deps) => revocation(call, deps, record, input.CertificateSerial, { kind: 'release' }),
});

export const reportKeyCompromise = implement(ReportKeyCompromise, {
  resolve: (call, input, deps) => resolveAuthority(call, deps, input.CertificateAuthorityArn),
  run: (call, input, record, deps) => revocation(call, deps, record, input.CertificateSerial, { kind: 'compromise' }),
});

const PROBLEMS: Readonly<Record<StepProblem, readonly ['RequestAlreadyProcessed' | 'InvalidRequest', string]>> = {
  already: ['RequestAlreadyProcessed', 'is revoked or on hold already'],
  'not-held': ['InvalidRequest', 'is not on hold'],
  'not-revoked': ['InvalidRequest', 'is not revoked'],
};

async function revocation(
  call: AnyCall,
  deps: PcaDeps,
  record: AuthorityRecord,
  serial: string,
  wanted: RevocationStep,
): Promise<Change<undefined>> {
  const issued = await requireIssued(call, deps, record, serial);
  if (record.row.type === 'ROOT' && issued.public_key_hash === record.row.public_key_hash)
    throw call.fail('InvalidRequest', 'the certificate that a root has from itself cannot be revoked', {
      hint: 'take it out of the trust stores of its clients',
    });
  const { revocation: known, row: before } = await requireAgreement(deps, issued);
  const next = step(known, wanted, call.now);
  if (!next.ok) {
    const [code, words] = PROBLEMS[next.problem];
    throw call.fail(code, `certificate ${issued.serial} ${words}`);
  }
  const row = await sealed(deps, record, issued, { ...next.revocation, changedAt: call.now });
  const revoked = await sealedCertificate(deps, { ...issued, ...ownFacts(next.revocation) });
  const isCompromised = row.reason === codeOf('KEY_COMPROMISE');
  return change(async (tx) => {
    if (!(await writeRevocation(tx, row, before?.row_mac))) throw conflict(call, record);
    if (!(await markCertificate(tx, revoked, issued.row_mac))) throw conflict(call, record);
    const { authority_id, shard } = row;
    if (shard !== null) await hurryList(tx, { authority_id, shard }, call.now + GATHER_MS);
    if (isCompromised) await blockKeyOf(tx);
    return undefined;
  });

  async function blockKeyOf(tx: Parameters<Change<undefined>['commit']>[0]): Promise<void> {
    const { account_id, public_key_hash } = issued;
    if ((await countBlockedKeys(tx, account_id)) >= MAX_BLOCKED_KEYS_PER_ACCOUNT)
      throw call.fail('LimitExceeded', `account has blocked ${MAX_BLOCKED_KEYS_PER_ACCOUNT} keys`);
    const reason = `compromised: certificate ${issued.serial}`;
    await insertBlockedKey(tx, { account_id, public_key_hash, reason, blocked_at: call.now });
  }
}

interface Stepped {
  state: RevocationRow['state'];
  reason: number;
  revokedAt: number;
  changedAt: number;
}

async function sealed(
  deps: PcaDeps,
  record: AuthorityRecord,
  issued: IssuedRow,
  { state, reason, revokedAt, changedAt }: Stepped,
): Promise<RevocationRow> {
  const ofAuthority = isAuthority(readCertificate(issued.certificate));
  const lists = readSettings(record.row.revocation)?.lists ?? null;
  const row = {
    authority_id: issued.authority_id,
    serial: issued.serial,
    account_id: issued.account_id,
    ...{ state, reason, revoked_at: revokedAt, changed_at: changedAt },
    not_after: issued.not_after,
    is_authority: ofAuthority ? (1 as const) : (0 as const),
    certificate_hash: hash('sha256', issued.certificate, 'hex'),
  };
  const [row_mac] = await deps.guard.seal([revocationRowBytes(row)]);
  const shard = shardOf(Buffer.from(issued.serial, 'hex'), ofAuthority, lists) ?? null;
  return { ...row, shard, listed: LISTED.pending, row_mac: row_mac! };
}
