/**
 * Reads authorities, verified: what is answered is what this service wrote about the authority that was asked for. What
 * is in their certificates is read once for each version of a row.
 */
import { LRUCache } from 'lru-cache';
import type { KeyRef } from '../../../hsm/port.ts';
import { readTags, type TagMap } from '../../../platform/contract/tags.ts';
import type { Store } from '../../../platform/store/index.ts';
import type { GuardedRow, RowGuard } from '../../../platform/store/row-guard.ts';
import { type TenantKeys, wrappedKey } from '../../../platform/store/tenant-keys.ts';
import {
  bindPolicy,
  type PolicySet,
  type PrincipalBindings,
  readResourcePolicy,
} from '../../../policies/engine/index.ts';
import { authorityArn, type Place } from '../domain/authority-ref.ts';
import { requestSubject } from '../domain/csr.ts';
import { readAll } from '../domain/der/reader.ts';
import type { Issuer } from '../domain/issuing.ts';
import { type AuthorityRow, authorityRowBytes, type CertificateRow, certificateRowBytes } from '../domain/rows.ts';
import { type Certificate, readCertificate } from '../domain/x509/certificate.ts';
import { keyIdentifier } from '../domain/x509/public-key.ts';
import { readAuthority } from './authority-queries.ts';
import type { PcaTables } from './tables.ts';

/** A row whose authority was not destroyed. */
export type LivingRow = AuthorityRow & { state: Exclude<AuthorityRow['state'], 'DESTROYED'> };

export interface AuthorityRecord {
  row: LivingRow;
  arn: string;
  place: Place;
  tags: TagMap;
  issuer: Issuer;
  /** What others than those whom their account lets may do with it. */
  policy: PolicySet | undefined;
}

/** What is read of a row once. */
interface Content {
  issuer: Issuer;
  policy: PolicySet | undefined;
}

const MAX_KNOWN = 2_000;
export const POLICY_NAME = 'resource-policy';

export class Authorities {
  private readonly contents = new LRUCache<string, Content>({ max: MAX_KNOWN });
  private readonly store: Store<PcaTables>;
  private readonly guard: RowGuard;
  private readonly tenants: TenantKeys<PcaTables>;

  constructor(options: { store: Store<PcaTables>; guard: RowGuard; tenants: TenantKeys<PcaTables> }) {
    this.store = options.store;
    this.guard = options.guard;
    this.tenants = options.tenants;
  }

  /** Undefined also for one that was destroyed. */
  async byId(authorityId: string): Promise<AuthorityRecord | undefined> {
    const row = await readAuthority(this.store.read, authorityId);
    if (!row) return undefined;
    await this.guard.verify([guardedAuthority(row)]);
    if (row.authority_id !== authorityId)
      throw this.guard.refuse(`authority ${authorityId}`, 'the row is about another authority');
    return this.recordOf(row);
  }

  /** Of a row that was verified. */
  recordOf(row: AuthorityRow): AuthorityRecord | undefined {
    if (row.state === 'DESTROYED') return undefined;
    const place = { accountId: row.account_id, partition: row.partition, region: row.region };
    const arn = authorityArn(place, row.authority_id);
    const { issuer, policy } = this.contentOf(row, arn);
    return { row: row as LivingRow, arn, place, tags: readTags(row.tags), issuer, policy };
  }

  /** The key of an authority, as the HSM takes it. */
  async keyOf(row: AuthorityRow): Promise<KeyRef> {
    const tenant = await this.tenants.obtain(row.account_id);
    if (tenant.tenant_id !== row.tenant_id)
      throw this.guard.refuse(`authority ${row.authority_id}`, 'its key is wrapped by another tenant key');
    return { tenant: wrappedKey(tenant), material: wrappedKey({ ...row, mac: row.key_mac }) };
  }

  private contentOf(row: AuthorityRow, arn: string): Content {
    const version = row.row_mac.toString('base64');
    const known = this.contents.get(version);
    if (known) return known;
    const content = { issuer: issuerOf(row), policy: row.policy === '' ? undefined : this.policyOf(row, arn) };
    this.contents.set(version, content);
    return content;
  }

  private policyOf(row: AuthorityRow, arn: string): PolicySet {
    const read = readResourcePolicy(row.policy, { arn, name: POLICY_NAME });
    if (!read.ok)
      throw this.guard.refuse(`authority ${row.authority_id}`, `its policy cannot be compiled: ${read.message}`);
    return bindPolicy(read.policy, JSON.parse(row.policy_principals) as PrincipalBindings);
  }
}

function issuerOf(row: AuthorityRow): Issuer {
  const chain = [...(row.certificate ? [row.certificate] : []), ...(row.chain ? splitChain(row.chain) : [])];
  const certificates = chain.map((bytes) => readCertificate(bytes));
  const [own] = certificates;
  return {
    subject: own?.subject ?? requestSubject(row.csr),
    publicKey: row.public_key,
    keyId: own?.facts.subjectKeyId ?? keyIdentifier(row.public_key),
    chain: certificates,
  };
}

export function guardedAuthority(row: AuthorityRow): GuardedRow {
  return { name: `authority ${row.authority_id}`, data: authorityRowBytes(row), mac: row.row_mac };
}

export function guardedCertificate(row: CertificateRow): GuardedRow {
  return {
    name: `certificate ${row.serial} of ${row.authority_id}`,
    data: certificateRowBytes(row),
    mac: row.row_mac,
  };
}

function splitChain(chain: Buffer): Buffer[] {
  return readAll(chain).map(({ bytes }) => bytes);
}

/** As the row holds it. */
export function joinChain(chain: readonly Certificate[]): Buffer | null {
  return chain.length === 0 ? null : Buffer.concat(chain.map(({ bytes }) => bytes));
}
