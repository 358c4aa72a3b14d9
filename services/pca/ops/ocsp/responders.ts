/**
 * Responders: keys made in the HSM with certificates for OCSP signing, issued by the authority they answer for like any
 * other certificate. Guarantees that an answer is signed by a responder whose certificate is valid for another while; one
 * is made when it is needed, and followed by the next one long before its end.
 */
import { LRUCache } from 'lru-cache';
import type { KeyRef } from '../../../../hsm/port.ts';
import { serviceCaller } from '../../../../platform/client/transport.ts';
import { ServiceError } from '../../../../platform/contract/error.ts';
import { wrappedKey } from '../../../../platform/store/tenant-keys.ts';
import { IssueResponderCertificate } from '../../api/revocation/ocsp.ts';
import type { PcaDeps } from '../../deps.ts';
import { certificateArn } from '../../domain/authority-ref.ts';
import { statusOf } from '../../domain/authority-state.ts';
import { draftCertificate } from '../../domain/issuing.ts';
import { keyHash } from '../../domain/ocsp/response.ts';
import { type ResponderRow, responderKeyBinding, responderRowBytes } from '../../domain/revocation/rows.ts';
import { nameKeys } from '../../domain/search/name-key.ts';
import { type Template, templateArn, templateOf } from '../../domain/template.ts';
import { DAY_MS } from '../../domain/validity.ts';
import { familyOf, type SigningAlgorithm } from '../../domain/x509/algorithm.ts';
import { readCertificate } from '../../domain/x509/certificate.ts';
import { writeName } from '../../domain/x509/name.ts';
import { ATTRIBUTE } from '../../domain/x509/oids.ts';
import { readPublicKey } from '../../domain/x509/public-key.ts';
import type { AuthorityRecord } from '../../store/authorities.ts';
import { endReservation } from '../../store/certificate-queries.ts';
import { guardedResponder, insertResponder, newestResponder } from '../../store/revocation/responder-queries.ts';
import { TYPE } from '../authority-access.ts';
import { reserve, signed } from '../issuing/issue-certificate.ts';

const VALID_MS = 30 * DAY_MS;
/** A responder with less left is followed by another one before the next answer. */
const LEAST_LEFT_MS = 3 * DAY_MS;
const BACKDATED_MS = 3_600_000;
const KNOWN_MS = 10_000;
const MAX_KNOWN = 2_000;
const TEMPLATE = 'OCSPSigningCertificate';

export interface Responder {
  certificate: Buffer;
  /** SHA-1 of its public key. */
  keyHash: Buffer;
  notAfter: number;
  algorithm: SigningAlgorithm;
  key: KeyRef;
}

/** Of the kind of the key of its authority: who can check the one can check the other. */
const KINDS = {
  EC: { spec: 'ECC_NIST_P256', algorithm: 'SHA256WITHECDSA' },
  RSA: { spec: 'RSA_2048', algorithm: 'SHA256WITHRSA' },
} as const;

export class Responders {
  private readonly deps: PcaDeps;
  private readonly known = new LRUCache<string, ResponderRow>({ max: MAX_KNOWN, ttl: KNOWN_MS });
  private readonly making = new Map<string, Promise<ResponderRow>>();

  constructor(deps: PcaDeps) {
    this.deps = deps;
  }

  async of(record: AuthorityRecord): Promise<Responder> {
    return this.responderOf(await this.row(record), record);
  }

  /** A new one, whatever there is. */
  async renew(record: AuthorityRecord): Promise<void> {
    await this.make(record);
  }

  private async row(record: AuthorityRecord): Promise<ResponderRow> {
    const { authority_id: id, not_after } = record.row;
    const { clock, store, guard } = this.deps;
    const row = this.known.get(id) ?? (await newestResponder(store.read, id));
    if (row) {
      await guard.verify([guardedResponder(row)]);
      if (row.authority_id !== id)
        throw guard.refuse(`responder ${row.serial} of ${id}`, 'the row is about another authority');
      // None lives longer than its authority.
      const needed = Math.min(clock.now() + LEAST_LEFT_MS, not_after ?? 0);
      if (row.not_after >= needed) {
        this.known.set(id, row);
        return row;
      }
    }
    return this.make(record);
  }

  /** Answers that come at the same moment make one. */
  private make(record: AuthorityRecord): Promise<ResponderRow> {
    const { authority_id: id } = record.row;
    const under = this.making.get(id);
    if (under) return under;
    const made = this.issue(record).finally(() => this.making.delete(id));
    this.making.set(id, made);
    return made;
  }

  private async responderOf(row: ResponderRow, { row: authority }: AuthorityRecord): Promise<Responder> {
    const tenant = await this.deps.tenants.obtain(row.account_id);
    if (tenant.tenant_id !== row.tenant_id)
      throw this.deps.guard.refuse(`responder ${row.serial}`, 'its key is wrapped by another tenant key');
    const material = wrappedKey({ ...row, mac: row.key_mac });
    const { publicKey } = readCertificate(row.certificate);
    return {
      certificate: row.certificate,
      keyHash: keyHash(publicKey, 'sha1'),
      notAfter: row.not_after,
      algorithm: KINDS[familyOf(authority.key_algorithm)].algorithm,
      key: { tenant: wrappedKey(tenant), material },
    };
  }

  private async issue(record: AuthorityRecord): Promise<ResponderRow> {
    const { deps } = this;
    const { clock, settings, ids, guard, store, recorder } = deps;
    const now = clock.now();
    const { authority_id, account_id } = record.row;
    const status = statusOf(record.row, now);
    // A disabled authority issues nothing to others; what it says about its certificates must stay true.
    if (status !== 'ACTIVE' && status !== 'DISABLED')
      throw new ServiceError('FailedPrecondition', `certificate authority ${record.arn} is in state ${status}`);
    const { publicKey, ...key } = await this.newKey(record);
    const template = templateOf(settings.partition, templateArn(settings.partition, TEMPLATE)) as Template;
    const { issuer } = record;
    const notBefore = wholeSecond(Math.max(now - BACKDATED_MS, issuer.chain[0]?.notBefore ?? 0));
    const notAfter = wholeSecond(Math.min(notBefore + VALID_MS - 1000, issuer.chain[0]?.notAfter ?? 0));
    const subject = writeName([{ oid: ATTRIBUTE.commonName, value: `OCSP ${authority_id}` }]);
    const csr = { subject, publicKey, key: readPublicKey(publicKey), extensions: [], facts: {} };
    const algorithm = record.row.signing_algorithm;
    const drafted = draftCertificate({ issuer, template, csr, api: {}, algorithm, notBefore, notAfter });
    if (!drafted.ok) throw new ServiceError('Internal', drafted.problem);
    const order = { record, template, issuer, draft: drafted.draft };
    const reserved = await reserve(deps, order, {
      now,
      requestedBy: serviceCaller('pca').arn,
      refuse: (problem) => new ServiceError('Internal', problem),
    });
    const issued = await signed(deps, order, reserved);
    const row = {
      authority_id,
      account_id,
      serial: issued.serial,
      certificate: issued.certificate as Buffer,
      not_after: notAfter,
      created_at: now,
      ...key,
    };
    const [row_mac] = await guard.seal([responderRowBytes(row)]);
    const made = { ...row, row_mac: row_mac! };
    await store.transaction(async (tx) => {
      if (!(await endReservation(tx, issued, nameKeys(readCertificate(row.certificate)))))
        throw new ServiceError('Unavailable', `signing certificate ${issued.serial} took too long`);
      await insertResponder(tx, made);
      await recorder.appendIn(tx, {
        eventId: ids.uuidv7(),
        operation: IssueResponderCertificate,
        caller: { ...serviceCaller('pca'), accountId: account_id },
        origin: {
          requestId: ids.uuidv7(),
          sourceIp: '127.0.0.1',
          userAgent: 'parapet/pca',
          receivedAt: now,
          protocol: 'internal',
        },
        now,
        input: { CertificateAuthorityArn: record.arn, CertificateSerial: issued.serial, NotAfter: notAfter },
        resources: [
          { ARN: record.arn, accountId: account_id, type: TYPE },
          { ARN: certificateArn(record.arn, issued.serial), accountId: account_id, type: 'AWS::ACMPCA::Certificate' },
        ],
      });
    });
    this.known.set(authority_id, made);
    return made;
  }

  private async newKey({ row }: AuthorityRecord) {
    const { tenants, hsm } = this.deps;
    const { account_id: accountId, authority_id: authorityId } = row;
    const tenant = await tenants.obtain(accountId);
    const binding = responderKeyBinding({ accountId, tenantId: tenant.tenant_id, authorityId });
    const { spec } = KINDS[familyOf(row.key_algorithm)];
    const material = await hsm.createKeyPair(wrappedKey(tenant), binding, spec, 'sign');
    const publicKey = await hsm.publicKeyOf({ tenant: wrappedKey(tenant), material }, 'sign');
    return {
      publicKey,
      tenant_id: tenant.tenant_id,
      ...{ wrapped: material.wrapped, binding: material.binding, key_mac: material.mac },
      root_version: material.rootVersion,
    };
  }
}

function wholeSecond(time: number): number {
  return Math.floor(time / 1000) * 1000;
}
