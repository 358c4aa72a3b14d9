/**
 * From a request to the certificate it asks for: what the template says, then what it lets the request to the API add,
 * then the CSR. Builds; whether the result may be issued is for the lints to say, which look at its bytes.
 */

import type { CertificationRequest } from './csr.ts';
import * as read from './der/reader.ts';
import type { Places } from './revocation/places.ts';
import { isForAuthorities, type Template } from './template.ts';
import type { SigningAlgorithm } from './x509/algorithm.ts';
import type { Certificate, CertificatePlan } from './x509/certificate.ts';
import {
  authorityKeyIdentifier,
  basicConstraints,
  certificatePolicies,
  type Extension,
  type ExtensionFacts,
  extensionFacts,
  extKeyUsage,
  type KeyUsage,
  keyUsage,
  ocspNoCheck,
  type Policy,
  subjectAltName,
  subjectKeyIdentifier,
} from './x509/extension.ts';
import { dnsProblem, type GeneralName, normalized, withoutRepeats } from './x509/general-name.ts';
import { encodeName, type Name, valuesOf } from './x509/name.ts';
import { ATTRIBUTE, EXTENSION } from './x509/oids.ts';
import { keyIdentifier } from './x509/public-key.ts';

export interface Issuer {
  subject: Name;
  /** SubjectPublicKeyInfo. */
  publicKey: Buffer;
  /** As its certificate has it; of a root that has none yet, made from its key. */
  keyId: Buffer;
  /** Its certificate first, then that of its issuer, to the root. Empty: a root that has none yet. */
  chain: readonly Certificate[];
}

/** What the request to the API says about the certificate; used when the template passes it through. */
export interface ApiContent {
  subject?: Name | undefined;
  names?: readonly GeneralName[] | undefined;
  keyUsage?: readonly KeyUsage[] | undefined;
  extKeyUsage?: readonly string[] | undefined;
  policies?: readonly Policy[] | undefined;
  extensions?: readonly Extension[] | undefined;
}

export interface Order {
  issuer: Issuer;
  template: Template;
  csr: CertificationRequest;
  api: ApiContent;
  algorithm: SigningAlgorithm;
  notBefore: number;
  notAfter: number;
  /** Absent: it points to no list and no responder. */
  places?: Places;
}

/** A certificate before its serial number is known. */
export type Draft = Omit<CertificatePlan, 'serial'> & {
  places?: Places;
  /** Extensions and names of the request that are not in the certificate, for people. */
  dropped: readonly string[];
};

/** The certificate with that number, which decides what it points to. */
export function planOf({ places, ...draft }: Draft, serial: Buffer): CertificatePlan {
  return { ...draft, serial, extensions: [...draft.extensions, ...(places?.extensions(serial) ?? [])] };
}

export type Drafted = { ok: true; draft: Draft } | { ok: false; problem: string };

export function draftCertificate(order: Order): Drafted {
  const { issuer, template, csr, api, algorithm, notBefore, notAfter } = order;
  const unknown = csr.extensions.find(({ oid, critical }) => critical && isUnknown(oid));
  if (unknown)
    return { ok: false, problem: `the request has the critical extension ${unknown.oid}, which is not known` };
  if (!template.passesApi && Object.values(api).some((value) => value !== undefined))
    return { ok: false, problem: `template ${template.name} takes nothing from ApiPassthrough` };
  const own = (api.extensions ?? []).find(({ oid }) => !isCustom(oid, template));
  if (own) return { ok: false, problem: `extension ${own.oid} cannot be passed through` };
  const subject = template.kind === 'root' ? issuer.subject : (api.subject ?? encodeName(csr.subject.attributes));
  const names = namesOf(order, subject);
  const content = contentOf(order);
  const extensions = [
    basicConstraints(isForAuthorities(template), template.pathLength, template.criticalBasicConstraints),
    ...(content.keyUsage ? [keyUsage(content.keyUsage)] : []),
    ...(content.extKeyUsage ? [extKeyUsage(content.extKeyUsage, template.criticalExtKeyUsage)] : []),
    subjectKeyIdentifier(keyIdentifier(csr.publicKey)),
    authorityKeyIdentifier(issuer.keyId),
    ...(names.length > 0 ? [subjectAltName(names, subject.attributes.length === 0)] : []),
    ...(content.policies ? [certificatePolicies(content.policies)] : []),
    ...(template.ocspNoCheck ? [ocspNoCheck] : []),
    ...content.custom,
  ];
  const draft = {
    algorithm,
    issuer: issuer.subject,
    notBefore,
    notAfter,
    subject,
    publicKey: csr.publicKey,
    extensions,
    ...(order.places && { places: order.places }),
  };
  return { ok: true, draft: { ...draft, dropped: droppedOf(csr, extensions) } };
}

/** The names in normal form, each once. A server's common name is one of them. */
function namesOf({ template, csr, api }: Order, subject: Name): GeneralName[] {
  if (template.names === 'none') return [];
  const given = api.names ?? csr.facts.subjectAltNames ?? [];
  const hosts = valuesOf(subject, ATTRIBUTE.commonName).filter((name) => dnsProblem(name.toLowerCase()) === undefined);
  const added = template.names === 'server' ? hosts.map((value): GeneralName => ({ kind: 'dns', value })) : [];
  return withoutRepeats([...given, ...added].map(normalized));
}

interface Content {
  keyUsage?: readonly KeyUsage[] | undefined;
  extKeyUsage?: readonly string[] | undefined;
  policies?: readonly Policy[] | undefined;
  custom: readonly Extension[];
}

function contentOf({ template, csr, api }: Order): Content {
  const passed: ExtensionFacts = template.passesCsr ? csr.facts : {};
  const custom = [...(api.extensions ?? [])];
  for (const extension of template.passesCsr ? csr.extensions : [])
    if (isCustom(extension.oid, template) && !custom.some(({ oid }) => oid === extension.oid)) custom.push(extension);
  return {
    keyUsage: template.keyUsage?.(csr.key.family) ?? api.keyUsage ?? passed.keyUsage ?? authorityUsage(template),
    extKeyUsage: template.extKeyUsage ?? api.extKeyUsage ?? passed.extKeyUsage,
    policies: api.policies ?? passed.policies,
    custom,
  };
}

/** A blank template for authorities takes its key usage from the request; an authority without one would be useless. */
function authorityUsage(template: Template): KeyUsage[] | undefined {
  return isForAuthorities(template) ? ['KeyCertSign', 'CRLSign'] : undefined;
}

const PRIVATE_ARC = '1.3.6.1.4.1.';
const CUSTOM: ReadonlySet<string> = new Set([
  // TLS feature (RFC 7633).
  '1.3.6.1.5.5.7.1.24',
]);
const OF_AUTHORITIES: ReadonlySet<string> = new Set([
  EXTENSION.nameConstraints,
  EXTENSION.policyMappings,
  EXTENSION.policyConstraints,
  EXTENSION.inhibitAnyPolicy,
  EXTENSION.subjectInfoAccess,
]);
const KNOWN: ReadonlySet<string> = new Set(Object.values(EXTENSION));

/** Extensions that no standard of ours says what to do with. */
export function isUnknown(oid: string): boolean {
  return !KNOWN.has(oid);
}

/** SECURITY: of the extensions that make a certificate what it is, none comes from outside. */
export function isCustom(oid: string, { kind }: Pick<Template, 'kind'>): boolean {
  if (OF_AUTHORITIES.has(oid)) return kind === 'subordinate';
  return CUSTOM.has(oid) || oid.startsWith(PRIVATE_ARC);
}

function droppedOf(csr: CertificationRequest, extensions: readonly Extension[]): string[] {
  const kept = extensionFacts(extensions);
  return csr.extensions
    .filter(({ oid, value }) => {
      if (oid === EXTENSION.subjectAltName) return kept.subjectAltNames === undefined;
      return !extensions.some((extension) => extension.oid === oid && extension.value.equals(value));
    })
    .map(({ oid }) => oid);
}

/** The value of a custom extension must be one DER element. */
export function customExtension(oid: string, value: Buffer, critical: boolean): Extension | undefined {
  try {
    read.requireStrict(read.readOne(value));
    return { oid, critical, value };
  } catch {
    return undefined;
  }
}
