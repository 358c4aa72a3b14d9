/**
 * Finds certificates: one index is followed, in its order, and what it finds is asked for the rest. Rows are believed only
 * when their MAC verifies, and a name only when the certificate has it. What is looked at for one page is bounded, so a
 * page may be short, and the token goes on where the looking ended.
 */
import type { InputOf } from '../../../../platform/contract/operation.ts';
import { implementFor, type Resolved } from '../../../../platform/runtime/call.ts';
import { ListCertificates } from '../../api/search/list-certificates.ts';
import type { PcaDeps } from '../../deps.ts';
import { authorityArn, certificateArn } from '../../domain/authority-ref.ts';
import type { CertificateRow } from '../../domain/rows.ts';
import { nameKeys } from '../../domain/search/name-key.ts';
import { type Certificate, readCertificate } from '../../domain/x509/certificate.ts';
import { generalNameText } from '../../domain/x509/general-name.ts';
import { nameText } from '../../domain/x509/name.ts';
import { type AuthorityRecord, guardedCertificate } from '../../store/authorities.ts';
import { type AnyCall, resolveAuthority } from '../authority-access.ts';
import { openPage } from '../page.ts';
import { type Found, searchOf } from './search.ts';

const implement = implementFor<PcaDeps>();

/** Candidates that are looked at for one page. */
const MOST_LOOKED_AT = 10_000;
type Input = InputOf<typeof ListCertificates>;
type Scope = AuthorityRecord | undefined;

export const listCertificates = implement(ListCertificates, {
  resolve: async (call, input, deps): Promise<Resolved<Scope>> =>
    input.CertificateAuthorityArn === undefined
      ? { targets: [{ resource: '*', accountId: call.caller.accountId }], state: undefined }
      : resolveAuthority(call, deps, input.CertificateAuthorityArn),
  async run(call, input, scope: Scope, deps) {
    const { MaxResults: _limit, NextToken: _token, ...filters } = input;
    const page = openPage(call, deps, input, filters);
    const accountId = scope?.row.account_id ?? call.caller.accountId;
    const search = searchOf(input, { accountId, authorityId: scope?.row.authority_id });
    if (!search.ok) throw call.fail('InvalidArgs', search.problem);
    const found: Found[] = [];
    let at = page.after;
    let looked = 0;
    let more = true;
    while (more && found.length < page.limit && looked < MOST_LOOKED_AT) {
      const wanted = Math.min(MOST_LOOKED_AT - looked, page.limit - found.length);
      // One more than wanted: whether anything follows.
      const candidates = await search.next(deps.store.read, at, wanted + 1);
      more = candidates.length > wanted;
      for (const candidate of candidates.slice(0, wanted)) {
        at = candidate.place;
        looked++;
        if (candidate.row && isWanted(input, scope, candidate.row)) found.push(candidate);
      }
    }
    const shown = await verified(call, deps, { accountId, prefix: search.prefix }, found);
    return { Certificates: shown, ...(more && { NextToken: page.token(at) }) };
  },
});

function isWanted(input: Input, scope: Scope, row: CertificateRow): boolean {
  if (scope && row.authority_id !== scope.row.authority_id) return false;
  if (input.KeyHash !== undefined && row.public_key_hash !== input.KeyHash) return false;
  return row.not_after >= (input.ExpiresAfter ?? 0) && row.not_after < (input.ExpiresBefore ?? Infinity);
}

interface Asked {
  accountId: string;
  prefix: string | undefined;
}

async function verified(call: AnyCall, deps: PcaDeps, { accountId, prefix }: Asked, found: readonly Found[]) {
  await deps.guard.verify(found.flatMap(({ row }) => (row ? [guardedCertificate(row)] : [])));
  return found.flatMap(({ row, name, place }) => {
    if (!row?.certificate) return [];
    const certificate = readCertificate(row.certificate);
    const names = name === undefined ? [] : nameKeys(certificate);
    const isGenuine = name === undefined || names.includes(name);
    if (row.state !== 'issued' || row.account_id !== accountId || !isGenuine)
      throw deps.guard.refuse(
        `place ${place} of a list of ${call.caller.accountId}`,
        'it is about another certificate',
      );
    // One with several names below the domain is shown where it stands first.
    const isRepeated = prefix !== undefined && names.some((other) => other.startsWith(prefix) && other > name!);
    return isRepeated ? [] : [showCertificate(deps, row, certificate)];
  });
}

function showCertificate({ settings }: PcaDeps, row: CertificateRow, { subject, facts }: Certificate) {
  const { partition, region } = settings;
  const authority = authorityArn({ accountId: row.account_id, partition, region }, row.authority_id);
  return {
    CertificateArn: certificateArn(authority, row.serial),
    Serial: row.serial,
    Subject: nameText(subject).slice(0, 4096),
    Names: (facts.subjectAltNames ?? []).map((name) => `${name.kind}:${generalNameText(name)}`.slice(0, 4096)),
    NotBefore: row.not_before,
    NotAfter: row.not_after,
    KeyHash: row.public_key_hash,
    Template: row.template,
    IssuedAt: row.created_at,
    RequestedBy: row.requested_by,
  };
}
