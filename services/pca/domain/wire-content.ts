/** Names and extensions as the AWS model has them, and as certificates do. */
import type { z } from 'zod';
import * as der from '../../../platform/contract/der.ts';
import type { ApiPassthrough, EXTENDED_KEY_USAGES, Subject } from '../api/shapes.ts';
import { type ApiContent, customExtension } from './issuing.ts';
import { KEY_USAGES, type KeyUsage } from './x509/extension.ts';
import { type GeneralName, ipName, nameSyntaxProblem, normalized } from './x509/general-name.ts';
import { type Attribute, type Name, nameProblem, writeName } from './x509/name.ts';
import { ATTRIBUTE, USAGE } from './x509/oids.ts';

export type WireSubject = z.output<typeof Subject>;
type WireContent = z.output<typeof ApiPassthrough>;
type WireExtensions = NonNullable<WireContent['Extensions']>;
type WireName = NonNullable<WireExtensions['SubjectAlternativeNames']>[number];

export type Read<T> = { ok: true; value: T } | { ok: false; problem: string };
const refused = (problem: string) => ({ ok: false, problem }) as const;

const MEMBERS: Readonly<Record<Exclude<keyof WireSubject, 'CustomAttributes'>, string>> = {
  Country: ATTRIBUTE.country,
  Organization: ATTRIBUTE.organization,
  OrganizationalUnit: ATTRIBUTE.organizationalUnit,
  DistinguishedNameQualifier: ATTRIBUTE.dnQualifier,
  State: ATTRIBUTE.state,
  CommonName: ATTRIBUTE.commonName,
  SerialNumber: ATTRIBUTE.serialNumber,
  Locality: ATTRIBUTE.locality,
  Title: ATTRIBUTE.title,
  Surname: ATTRIBUTE.surname,
  GivenName: ATTRIBUTE.givenName,
  Initials: ATTRIBUTE.initials,
  Pseudonym: ATTRIBUTE.pseudonym,
  GenerationQualifier: ATTRIBUTE.generationQualifier,
};

export function readSubject(subject: WireSubject): Read<Name> {
  const custom = subject.CustomAttributes ?? [];
  const members = Object.entries(MEMBERS).flatMap(([member, oid]): Attribute[] => {
    const value = subject[member as keyof typeof MEMBERS];
    return value === undefined ? [] : [{ oid, value }];
  });
  if (custom.length > 0 && members.length > 0)
    return refused('a subject has either CustomAttributes or the other members');
  const attributes = [...members, ...custom.map(({ ObjectIdentifier: oid, Value: value }) => ({ oid, value }))];
  const badOid = attributes.find(({ oid }) => !isOid(oid));
  if (badOid) return refused(`${badOid.oid} is no object identifier`);
  const problem = nameProblem({ attributes });
  return problem ? refused(`of the subject ${problem}`) : { ok: true, value: writeName(attributes) };
}

function isOid(text: string): boolean {
  try {
    der.oid(text);
    return true;
  } catch {
    return false;
  }
}

export function readContent({ Subject: subject, Extensions: extensions = {} }: WireContent): Read<ApiContent> {
  const content: ApiContent = {};
  if (subject) {
    const read = readSubject(subject);
    if (!read.ok) return read;
    content.subject = read.value;
  }
  const {
    SubjectAlternativeNames,
    KeyUsage: usage,
    ExtendedKeyUsage,
    CertificatePolicies,
    CustomExtensions,
  } = extensions;
  if (SubjectAlternativeNames) {
    const read = readAll(SubjectAlternativeNames, readGeneralName);
    if (!read.ok) return read;
    content.names = read.value;
  }
  if (usage) content.keyUsage = readKeyUsage(usage);
  if (ExtendedKeyUsage) {
    const read = readAll(ExtendedKeyUsage, readUsage);
    if (!read.ok) return read;
    content.extKeyUsage = read.value;
  }
  if (CertificatePolicies) {
    const read = readAll(CertificatePolicies, readPolicy);
    if (!read.ok) return read;
    content.policies = read.value;
  }
  if (CustomExtensions) {
    const read = readAll(CustomExtensions, readCustom);
    if (!read.ok) return read;
    content.extensions = read.value;
    if (new Set(read.value.map(({ oid }) => oid)).size !== read.value.length)
      return refused('a custom extension occurs twice');
  }
  return { ok: true, value: content };
}

function readAll<In, Out>(items: readonly In[], read: (item: In) => Read<Out>): Read<Out[]> {
  const values: Out[] = [];
  for (const item of items) {
    const one = read(item);
    if (!one.ok) return one;
    values.push(one.value);
  }
  return { ok: true, value: values };
}

export function readKeyUsage(usage: Partial<Record<KeyUsage, boolean | undefined>>): KeyUsage[] {
  return KEY_USAGES.filter((name) => usage[name]);
}

const USAGES: Readonly<Record<(typeof EXTENDED_KEY_USAGES)[number], string>> = {
  SERVER_AUTH: USAGE.serverAuth,
  CLIENT_AUTH: USAGE.clientAuth,
  CODE_SIGNING: USAGE.codeSigning,
  EMAIL_PROTECTION: USAGE.emailProtection,
  TIME_STAMPING: USAGE.timeStamping,
  OCSP_SIGNING: USAGE.ocspSigning,
  SMART_CARD_LOGIN: USAGE.smartCardLogin,
  DOCUMENT_SIGNING: USAGE.documentSigning,
  CERTIFICATE_TRANSPARENCY: USAGE.certificateTransparency,
};

/** As the AWS model calls it, or the identifier itself. */
export function usageName(oid: string): string {
  return Object.entries(USAGES).find(([, known]) => known === oid)?.[0] ?? oid;
}

function readUsage(usage: NonNullable<WireExtensions['ExtendedKeyUsage']>[number]): Read<string> {
  const { ExtendedKeyUsageType: type, ExtendedKeyUsageObjectIdentifier: oid } = usage;
  if ((type === undefined) === (oid === undefined)) return refused('a purpose is given by its type or its identifier');
  const value = type === undefined ? oid! : USAGES[type];
  return isOid(value) ? { ok: true, value } : refused(`${value} is no object identifier`);
}

function readPolicy({
  CertPolicyId: oid,
  PolicyQualifiers,
}: NonNullable<WireExtensions['CertificatePolicies']>[number]) {
  const cps = (PolicyQualifiers ?? []).map(({ Qualifier }) => Qualifier.CpsUri);
  if (!isOid(oid)) return refused(`${oid} is no object identifier`);
  if (cps.some((uri) => !/^https?:\/\/[\x21-\x7e]+$/.test(uri))) return refused('a CPS URI is no URL');
  return { ok: true as const, value: { oid, cps } };
}

function readCustom({
  ObjectIdentifier: oid,
  Value,
  Critical,
}: NonNullable<WireExtensions['CustomExtensions']>[number]) {
  const value = isOid(oid) ? customExtension(oid, Buffer.from(Value, 'base64'), Critical ?? false) : undefined;
  return value ? { ok: true as const, value } : refused(`custom extension ${oid} is not the base64 of one DER element`);
}

function readGeneralName(name: WireName): Read<GeneralName> {
  const given = Object.keys(name).filter((member) => name[member as keyof WireName] !== undefined);
  if (given.length !== 1) return refused('an alternative name is of exactly one kind');
  const found = generalNameOf(name);
  if (!found.ok) return found;
  const value = normalized(found.value);
  const problem = nameSyntaxProblem(value);
  return problem ? refused(problem) : { ok: true, value };
}

function generalNameOf(name: WireName): Read<GeneralName> {
  if (name.DnsName !== undefined) return { ok: true, value: { kind: 'dns', value: name.DnsName } };
  if (name.Rfc822Name !== undefined) return { ok: true, value: { kind: 'email', value: name.Rfc822Name } };
  if (name.UniformResourceIdentifier !== undefined)
    return { ok: true, value: { kind: 'uri', value: name.UniformResourceIdentifier } };
  if (name.IpAddress !== undefined) {
    const value = ipName(name.IpAddress);
    return value ? { ok: true, value } : refused(`${name.IpAddress} is no IP address`);
  }
  if (name.DirectoryName) {
    const subject = readSubject(name.DirectoryName);
    return subject.ok ? { ok: true, value: { kind: 'directory', name: subject.value } } : subject;
  }
  if (name.OtherName) {
    const { TypeId, Value } = name.OtherName;
    if (!isOid(TypeId)) return refused(`${TypeId} is no object identifier`);
    const content = Buffer.concat([der.oid(TypeId), der.contextConstructed(0, der.utf8String(Value))]);
    return { ok: true, value: { kind: 'other', bytes: der.contextConstructed(0, content) } };
  }
  if (name.RegisteredId !== undefined) {
    if (!isOid(name.RegisteredId)) return refused(`${name.RegisteredId} is no object identifier`);
    // [8] IMPLICIT: the content of the identifier, which is short enough for one byte of length.
    return {
      ok: true,
      value: { kind: 'other', bytes: der.contextPrimitive(8, der.oid(name.RegisteredId).subarray(2)) },
    };
  }
  return refused('EDI party names are not offered');
}
