/** A clean certificate of each kind, made to be spoiled in one point. */
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { type Draft, draftCertificate, type Issuer } from '../domain/issuing.ts';
import type { KnownFacts, LintContext } from '../domain/lint/lint.ts';
import { type Finding, lint } from '../domain/lint/run.ts';
import { type Template, templateArn, templateOf } from '../domain/template.ts';
import { DAY_MS } from '../domain/validity.ts';
import { assemble, type CertificatePlan, readCertificate, writeTbs } from '../domain/x509/certificate.ts';
import {
  authorityKeyIdentifier,
  basicConstraints,
  type Extension,
  keyUsage,
  subjectKeyIdentifier,
} from '../domain/x509/extension.ts';
import type { GeneralName } from '../domain/x509/general-name.ts';
import { writeName } from '../domain/x509/name.ts';
import { ATTRIBUTE } from '../domain/x509/oids.ts';
import { keyIdentifier } from '../domain/x509/public-key.ts';

export const NOW = Date.UTC(2026, 5, 1);
const YEAR_MS = 365 * DAY_MS;

export const spkiOf = (kind: 'ec' | 'rsa', size: string | number): Buffer => {
  const { publicKey } =
    kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: size as string })
      : generateKeyPairSync('rsa', { modulusLength: size as number });
  return publicKey.export({ format: 'der', type: 'spki' });
};

const ISSUER_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ISSUER_SPKI = createPublicKey(ISSUER_KEY.privateKey).export({ format: 'der', type: 'spki' });
export const SERIAL = Buffer.from('2a00112233445566778899aabbccddeeff10', 'hex');
const SIGNATURE = Buffer.alloc(70, 7);

export function authority(more: Partial<CertificatePlan> = {}, extensions: readonly Extension[] = []): Issuer {
  const subject = writeName([{ oid: ATTRIBUTE.commonName, value: 'Example issuing' }]);
  const tbs = writeTbs({
    serial: SERIAL,
    algorithm: 'SHA256WITHECDSA',
    issuer: subject,
    notBefore: NOW - YEAR_MS,
    notAfter: NOW + 25 * YEAR_MS,
    subject,
    publicKey: ISSUER_SPKI,
    extensions: [
      ...(extensions.some(({ oid }) => oid === '2.5.29.19') ? [] : [basicConstraints(true)]),
      keyUsage(['KeyCertSign', 'CRLSign']),
      subjectKeyIdentifier(keyIdentifier(ISSUER_SPKI)),
      authorityKeyIdentifier(keyIdentifier(ISSUER_SPKI)),
      ...extensions,
    ],
    ...more,
  });
  const certificate = readCertificate(assemble(tbs, 'SHA256WITHECDSA', SIGNATURE));
  return { subject, publicKey: ISSUER_SPKI, keyId: keyIdentifier(ISSUER_SPKI), chain: [certificate] };
}

export const NOTHING_KNOWN: KnownFacts = { isBlocked: false, isAuthorityKey: false, isReused: false, namesakes: [] };

export interface Spoiled {
  template?: string;
  issuer?: Issuer;
  names?: readonly GeneralName[];
  publicKey?: Buffer;
  notBefore?: number;
  notAfter?: number;
  /** Changes what is written. */
  plan?: (plan: CertificatePlan) => Partial<CertificatePlan>;
  /** Changes the bytes of the certificate. */
  bytes?: (bytes: Buffer) => Buffer;
  context?: Partial<LintContext>;
}

export function shipped(name: string): Template {
  const found = templateOf('aws', templateArn('aws', name));
  if (!found) throw new Error(`there is no template ${name}`);
  return found;
}

const LEAF = spkiOf('ec', 'P-256');

const NAMES: Readonly<Record<Template['names'], readonly GeneralName[]>> = {
  server: [{ kind: 'dns', value: 'www.example.com' }],
  workload: [{ kind: 'uri', value: 'spiffe://example.com/shop' }],
  mail: [{ kind: 'email', value: 'alice@example.com' }],
  optional: [],
  none: [],
};

export function draftOf(spoiled: Spoiled): { draft: Draft; template: Template; issuer: Issuer } {
  const template = shipped(spoiled.template ?? 'EndEntityServerAuthCertificate');
  const own = spoiled.issuer ?? authority();
  const issuer = template.kind === 'root' ? { ...own, chain: [] } : own;
  const subject = writeName([
    { oid: ATTRIBUTE.commonName, value: template.kind === 'end-entity' ? 'www.example.com' : 'Example below' },
  ]);
  const publicKey = spoiled.publicKey ?? (template.kind === 'root' ? own.publicKey : LEAF);
  const names = spoiled.names ?? NAMES[template.names];
  const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
  const family = key.asymmetricKeyType === 'rsa' ? 'RSA' : 'EC';
  const facts = names.length > 0 ? { subjectAltNames: names } : {};
  const csr = { subject, publicKey, key: { family } as never, extensions: [], facts };
  const days = 'days' in template.maxValidity ? template.maxValidity.days : 365;
  const notBefore = spoiled.notBefore ?? NOW - 3_600_000;
  const notAfter = spoiled.notAfter ?? notBefore + days * DAY_MS - 1000;
  const order = { issuer, template, csr, api: {}, algorithm: 'SHA256WITHECDSA', notBefore, notAfter } as const;
  const drafted = draftCertificate(order);
  if (!drafted.ok) throw new Error(drafted.problem);
  return { draft: drafted.draft, template, issuer };
}

export function findings(spoiled: Spoiled): Finding[] {
  const { draft, template, issuer } = draftOf(spoiled);
  const clean: CertificatePlan = { ...draft, serial: SERIAL };
  const plan = { ...clean, ...spoiled.plan?.(clean) };
  const bytes = assemble(writeTbs(plan), 'SHA256WITHECDSA', SIGNATURE);
  const context = { now: NOW, template, issuer, shortLived: false, known: NOTHING_KNOWN, ...spoiled.context };
  return lint(spoiled.bytes?.(bytes) ?? bytes, context);
}

/** The extensions of a plan with one of them changed, left out (undefined) or added. */
export function withExtension(plan: CertificatePlan, oid: string, change: Partial<Extension> | undefined) {
  const others = plan.extensions.filter((extension) => extension.oid !== oid);
  if (!change) return { extensions: others };
  const before = plan.extensions.find((extension) => extension.oid === oid) ?? {
    oid,
    critical: false,
    value: Buffer.alloc(0),
  };
  return { extensions: [...others, { ...before, ...change }] };
}
