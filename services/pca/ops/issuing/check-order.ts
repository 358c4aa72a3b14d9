/** All lints, on the bytes that would be signed, with what the records know about key and subject. */
import { hash } from 'node:crypto';
import type { PcaDeps } from '../../deps.ts';
import type { Draft } from '../../domain/issuing.ts';
import type { KnownFacts } from '../../domain/lint/lint.ts';
import { type Finding, lint } from '../../domain/lint/run.ts';
import { isForAuthorities } from '../../domain/template.ts';
import { assemble } from '../../domain/x509/certificate.ts';
import type { Extension } from '../../domain/x509/extension.ts';
import { EXTENSION } from '../../domain/x509/oids.ts';
import { publicKeyHash } from '../../domain/x509/public-key.ts';
import { guardedAuthority } from '../../store/authorities.ts';
import { listAuthoritiesWithKey, listNamesakes } from '../../store/authority-queries.ts';
import { isKeyOfAnother, readBlockedKey } from '../../store/certificate-queries.ts';
import type { Order } from './order.ts';

export interface SubjectHashes {
  subject_hash: string;
  public_key_hash: string;
}

export function hashesOf({ subject, publicKey }: Draft): SubjectHashes {
  return { subject_hash: hash('sha256', subject.bytes, 'hex'), public_key_hash: publicKeyHash(publicKey) };
}

export type Checked = Pick<Order, 'record' | 'template' | 'issuer' | 'draft'>;

export interface CheckedBytes {
  tbs: Buffer;
  serial: Buffer;
}

/** `warnings`: also what does not stop anything, as far as the records must be asked for it. */
export async function checkOrder(
  deps: PcaDeps,
  order: Checked,
  { tbs, serial }: CheckedBytes,
  { now, warnings }: { now: number; warnings: boolean },
): Promise<Finding[]> {
  const { record, template, issuer, draft } = order;
  const { row } = record;
  const signature = await deps.throwAwaySignatures.of(row.key_algorithm, draft.algorithm);
  return lint(assemble(tbs, draft.algorithm, signature), {
    now,
    template,
    issuer,
    shortLived: row.usage_mode === 'SHORT_LIVED_CERTIFICATE',
    crlUri: draft.places?.crlUri(serial),
    known: await knownFacts(deps, order, warnings),
  });
}

async function knownFacts(deps: PcaDeps, { record, template, draft }: Checked, warnings: boolean): Promise<KnownFacts> {
  const { account_id, authority_id } = record.row;
  const db = deps.store.read;
  const hashes = hashesOf(draft);
  const withKey = await listAuthoritiesWithKey(db, hashes.public_key_hash);
  // An authority asks for its own certificate: of itself when it is a root, of another one otherwise.
  const isOwn = (found: (typeof withKey)[number]) =>
    isForAuthorities(template) &&
    found.subject_hash === hashes.subject_hash &&
    (template.kind === 'root') === (found.authority_id === authority_id);
  return {
    isBlocked: (await readBlockedKey(db, account_id, hashes.public_key_hash)) !== undefined,
    isAuthorityKey: withKey.some((found) => !isOwn(found)),
    isReused: warnings && (await isKeyOfAnother(db, { account_id, ...hashes })),
    namesakes: isForAuthorities(template) ? await namesakesOf(deps, account_id, draft, hashes) : [],
  };
}

async function namesakesOf(deps: PcaDeps, accountId: string, draft: Draft, hashes: SubjectHashes) {
  const rows = await listNamesakes(deps.store.read, accountId, hashes.subject_hash);
  await deps.guard.verify(rows.map(guardedAuthority));
  const own = constraintsOf(draft.extensions);
  return rows.map((row) => {
    const [certificate] = deps.authorities.recordOf(row)?.issuer.chain ?? [];
    return {
      sameKey: row.public_key_hash === hashes.public_key_hash,
      sameConstraints: !certificate || constraintsOf(certificate.extensions) === own,
    };
  });
}

/** Path length and name constraints. */
function constraintsOf(extensions: readonly Extension[]): string {
  return [EXTENSION.basicConstraints, EXTENSION.nameConstraints]
    .map((id) => extensions.find(({ oid }) => oid === id)?.value.toString('hex') ?? '')
    .join();
}
