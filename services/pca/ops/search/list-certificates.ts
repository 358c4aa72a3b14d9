/**
 * Finds certificates: one index is followed, of both tables in one order, and what it finds is asked for the rest. Rows are believed only
 * when their MAC verifies, and a name only when the certificate has it. What is looked at for one page is bounded, so a
 * page may be short, and the token goes on where the looking ended.
 */
import type { InputOf } from '../../../../platform/contract/operation.ts';
import { implementFor, type Resolved } from '../../../../platform/runtime/call.ts';
import { ListCertificates } from '../../api/search/list-certificates.ts';
import type { PcaDeps } from '../../deps.ts';
import type { CertificateStatus } from '../../domain/scm/status.ts';
import type { Certificate } from '../../domain/x509/certificate.ts';
import type { AuthorityRecord } from '../../store/authorities.ts';
import type { Listed } from '../../store/search/listed.ts';
import { type AnyCall, resolveAuthority } from '../authority-access.ts';
import { openPage } from '../page.ts';
import {
  arnOf,
  certificateOf,
  guardedListed,
  keysOf,
  shownKey,
  shownName,
  shownNames,
  sourceOf,
  statusesOf,
} from './listed.ts';
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
    const found: Wanted[] = [];
    let at = page.after;
    let looked = 0;
    let more = true;
    while (more && found.length < page.limit && looked < MOST_LOOKED_AT) {
      const wanted = Math.min(MOST_LOOKED_AT - looked, page.limit - found.length);
      // One more than wanted: whether anything follows.
      const candidates = await search.next(deps.store.read, at, wanted + 1);
      more = candidates.length > wanted;
      const batch = candidates.slice(0, wanted);
      at = batch.at(-1)?.place ?? at;
      looked += batch.length;
      found.push(...(await wantedOf(call, deps, input, scope, batch)));
    }
    const shown = await verified(call, deps, { accountId, prefix: search.prefix }, found);
    return { Certificates: shown, ...(more && { NextToken: page.token(at) }) };
  },
});

interface Wanted extends Found {
  listed: Listed;
  status: CertificateStatus;
}

/** What no index was asked for. */
async function wantedOf(call: AnyCall, deps: PcaDeps, input: Input, scope: Scope, candidates: readonly Found[]) {
  const there = candidates.flatMap((found) =>
    found.listed && isWanted(input, scope, found.listed) ? [{ ...found, listed: found.listed }] : [],
  );
  const statuses = await statusesOf(
    deps,
    there.map(({ listed }) => listed),
    call.now,
  );
  return there
    .map((found, at): Wanted => ({ ...found, status: statuses[at]! }))
    .filter(({ status }) => (input.Status === undefined ? status !== 'DELETED' : status === input.Status));
}

function isWanted(input: Input, scope: Scope, listed: Listed): boolean {
  const { row } = listed;
  if (scope && (listed.kind !== 'issued' || listed.row.authority_id !== scope.row.authority_id)) return false;
  if (input.Source !== undefined && input.Source !== sourceOf(listed)) return false;
  if (input.KeyHash !== undefined && row.public_key_hash !== input.KeyHash) return false;
  if (row.not_after < (input.ExpiresAfter ?? 0) || row.not_after >= (input.ExpiresBefore ?? Infinity)) return false;
  if (input.KeyAlgorithm === undefined) return true;
  const certificate = certificateOf(listed);
  return certificate !== undefined && shownKey(certificate) === input.KeyAlgorithm;
}

interface Asked {
  accountId: string;
  prefix: string | undefined;
}

async function verified(call: AnyCall, deps: PcaDeps, { accountId, prefix }: Asked, found: readonly Wanted[]) {
  await deps.guard.verify(found.map(({ listed }) => guardedListed(listed)));
  return found.flatMap(({ listed, status, name, place }) => {
    const certificate = certificateOf(listed);
    if (!certificate) return [];
    const names = name === undefined ? [] : keysOf(listed, certificate);
    const isGenuine = name === undefined || names.includes(name);
    const isThere = listed.kind === 'kept' || listed.row.state === 'issued';
    if (!isThere || listed.row.account_id !== accountId || !isGenuine)
      throw deps.guard.refuse(
        `place ${place} of a list of ${call.caller.accountId}`,
        'it is about another certificate',
      );
    // One with several names below the domain is shown where it stands first.
    const isRepeated = prefix !== undefined && names.some((other) => other.startsWith(prefix) && other > name!);
    return isRepeated ? [] : [showCertificate(deps, listed, status, certificate)];
  });
}

function showCertificate(deps: PcaDeps, listed: Listed, Status: CertificateStatus, certificate: Certificate) {
  const { row } = listed;
  const isKept = listed.kind === 'kept';
  return {
    CertificateArn: arnOf(deps, listed),
    Source: sourceOf(listed),
    Status,
    ...(isKept && { Name: listed.row.name }),
    Serial: row.serial,
    Subject: shownName(certificate.subject),
    Names: shownNames(certificate, 200),
    NotBefore: row.not_before,
    NotAfter: row.not_after,
    KeyHash: row.public_key_hash,
    KeyAlgorithm: shownKey(certificate),
    ...(!isKept && { Template: listed.row.template }),
    IssuedAt: row.created_at,
    RequestedBy: isKept ? listed.row.imported_by : listed.row.requested_by,
  };
}
