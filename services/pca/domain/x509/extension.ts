/** Extensions of certificates (RFC 5280 4.2): each as it is written, and all of a certificate as they are read. */
import * as der from '../../../../platform/contract/der.ts';
import * as read from '../der/reader.ts';
import { type GeneralName, readGeneralName, readGeneralNames, writeGeneralName } from './general-name.ts';
import { type NameConstraints, readNameConstraints } from './name-constraints.ts';
import { CPS_QUALIFIER, EXTENSION } from './oids.ts';

export interface Extension {
  oid: string;
  critical: boolean;
  /** What the octet string holds. */
  value: Buffer;
}

/** In the order of their bits (RFC 5280 4.2.1.3), under the names of the AWS model. */
export const KEY_USAGES = [
  'DigitalSignature',
  'NonRepudiation',
  'KeyEncipherment',
  'DataEncipherment',
  'KeyAgreement',
  'KeyCertSign',
  'CRLSign',
  'EncipherOnly',
  'DecipherOnly',
] as const;
export type KeyUsage = (typeof KEY_USAGES)[number];

export interface Policy {
  oid: string;
  /** Where its practice statement is. */
  cps: readonly string[];
}

const made = (oid: string, critical: boolean, value: Buffer): Extension => ({ oid, critical, value });

export function basicConstraints(authority: boolean, pathLength?: number, critical = true): Extension {
  const path = authority && pathLength !== undefined ? [der.integer(pathLength)] : [];
  const value = der.sequence(...(authority ? [der.boolean(true), ...path] : []));
  return made(EXTENSION.basicConstraints, critical, value);
}

export function keyUsage(usages: readonly KeyUsage[]): Extension {
  const bits = usages.map((usage) => KEY_USAGES.indexOf(usage));
  return made(EXTENSION.keyUsage, true, der.namedBits(...bits));
}

export function extKeyUsage(usages: readonly string[], critical = false): Extension {
  return made(EXTENSION.extKeyUsage, critical, der.sequence(...usages.map(der.oid)));
}

export function subjectKeyIdentifier(id: Buffer): Extension {
  return made(EXTENSION.subjectKeyIdentifier, false, der.octetString(id));
}

export function authorityKeyIdentifier(id: Buffer): Extension {
  return made(EXTENSION.authorityKeyIdentifier, false, der.sequence(der.contextPrimitive(0, id)));
}

export function subjectAltName(names: readonly GeneralName[], critical: boolean): Extension {
  return made(EXTENSION.subjectAltName, critical, der.sequence(...names.map(writeGeneralName)));
}

export function certificatePolicies(policies: readonly Policy[]): Extension {
  const qualifier = (uri: string) => der.sequence(der.oid(CPS_QUALIFIER), der.ia5String(uri));
  const written = policies.map(({ oid, cps }) =>
    der.sequence(der.oid(oid), ...(cps.length > 0 ? [der.sequence(...cps.map(qualifier))] : [])),
  );
  return made(EXTENSION.certificatePolicies, false, der.sequence(...written));
}

/** One distribution point with the URI as its full name (RFC 5280 4.2.1.13). */
export function crlDistributionPoint(uri: string): Extension {
  const name = der.contextConstructed(0, writeGeneralName({ kind: 'uri', value: uri }));
  return made(EXTENSION.crlDistributionPoints, false, der.sequence(der.sequence(der.contextConstructed(0, name))));
}

/** Where the responder answers and the certificate of the authority is (RFC 5280 4.2.2.1). */
export function authorityInfoAccess(places: readonly { method: string; uri: string }[]): Extension {
  const written = places.map(({ method, uri }) =>
    der.sequence(der.oid(method), writeGeneralName({ kind: 'uri', value: uri })),
  );
  return made(EXTENSION.authorityInfoAccess, false, der.sequence(...written));
}

/** RFC 6960 4.2.2.2.1: clients need not ask whether the responder's own certificate is revoked. */
export const ocspNoCheck = made(EXTENSION.ocspNoCheck, false, der.nullValue());

export function writeExtension({ oid, critical, value }: Extension): Buffer {
  return der.sequence(der.oid(oid), ...(critical ? [der.boolean(true)] : []), der.octetString(value));
}

/** Throws `DerError` for a list that is empty or names an extension twice. */
export function readExtensions(list: read.Element): Extension[] {
  const extensions = read.children(list, read.TAG.sequence).map((element) => {
    const [id, ...rest] = read.children(element, read.TAG.sequence);
    const flag = rest[0]?.tag === read.TAG.boolean ? rest.shift() : undefined;
    const [value, ...more] = rest;
    if (more.length > 0) throw new read.DerError('an extension is malformed');
    const critical = flag !== undefined && read.boolean(flag);
    if (flag && !critical) throw new read.DerError('an extension writes the default of critical');
    return { oid: read.oid(id), critical, value: read.octetString(value) };
  });
  if (extensions.length === 0) throw new read.DerError('the list of extensions is empty');
  if (new Set(extensions.map(({ oid }) => oid)).size !== extensions.length)
    throw new read.DerError('an extension occurs twice');
  return extensions;
}

/** What the extensions of a certificate say; a member is absent when its extension is. */
export interface ExtensionFacts {
  basicConstraints?: { authority: boolean; pathLength?: number };
  keyUsage?: readonly KeyUsage[];
  extKeyUsage?: readonly string[];
  subjectKeyId?: Buffer;
  /** Undefined `keyId`: the extension names the issuer in another way. */
  authorityKeyId?: { keyId?: Buffer; onlyKeyId: boolean };
  subjectAltNames?: readonly GeneralName[];
  nameConstraints?: NameConstraints;
  policies?: readonly Policy[];
  /** Of each distribution point the URIs of its full name. */
  crlUris?: readonly (readonly string[])[];
  access?: readonly { method: string; uri: string | undefined }[];
}

type Reader = (value: Buffer, facts: ExtensionFacts) => void;

const READERS: Readonly<Record<string, Reader>> = {
  [EXTENSION.basicConstraints](value, facts) {
    const parts = read.children(read.readOne(value), read.TAG.sequence);
    const authority = parts[0]?.tag === read.TAG.boolean && read.boolean(parts.shift());
    const [path, ...rest] = parts;
    if (rest.length > 0) throw new read.DerError('the basic constraints are malformed');
    facts.basicConstraints = { authority, ...(path && { pathLength: read.smallInteger(path) }) };
  },
  [EXTENSION.keyUsage](value, facts) {
    const bits = read.namedBits(read.readOne(value));
    if (bits.length === 0 || bits.some((bit) => bit >= KEY_USAGES.length))
      throw new read.DerError('the key usage is empty or has unknown bits');
    facts.keyUsage = bits.map((bit) => KEY_USAGES[bit] as KeyUsage);
  },
  [EXTENSION.extKeyUsage](value, facts) {
    const usages = read.children(read.readOne(value), read.TAG.sequence).map(read.oid);
    if (usages.length === 0) throw new read.DerError('the extended key usage is empty');
    facts.extKeyUsage = usages;
  },
  [EXTENSION.subjectKeyIdentifier](value, facts) {
    facts.subjectKeyId = read.octetString(read.readOne(value));
  },
  [EXTENSION.authorityKeyIdentifier](value, facts) {
    const parts = read.children(read.readOne(value), read.TAG.sequence);
    const keyId = parts.find(({ tag }) => tag === 0x80)?.content;
    facts.authorityKeyId = { ...(keyId && { keyId }), onlyKeyId: keyId !== undefined && parts.length === 1 };
  },
  [EXTENSION.subjectAltName](value, facts) {
    facts.subjectAltNames = readGeneralNames(value);
  },
  [EXTENSION.nameConstraints](value, facts) {
    facts.nameConstraints = readNameConstraints(value);
  },
  [EXTENSION.certificatePolicies](value, facts) {
    facts.policies = read.children(read.readOne(value), read.TAG.sequence).map((element) => {
      const [id, qualifiers] = read.children(element, read.TAG.sequence);
      const all = qualifiers ? read.children(qualifiers, read.TAG.sequence) : [];
      const cps = all.flatMap((one) => {
        const [kind, text] = read.children(one, read.TAG.sequence);
        return read.oid(kind) === CPS_QUALIFIER && text ? [text.content.toString('latin1')] : [];
      });
      return { oid: read.oid(id), cps };
    });
  },
  [EXTENSION.crlDistributionPoints](value, facts) {
    facts.crlUris = read.children(read.readOne(value), read.TAG.sequence).map((point) => {
      const [name] = read.children(point, read.TAG.sequence);
      const full = name?.tag === 0xa0 ? read.readOne(name.content) : undefined;
      if (full?.tag !== 0xa0) return [];
      const names = read.readAll(full.content).map(readGeneralName);
      return names.flatMap((one) => (one.kind === 'uri' ? [one.value] : []));
    });
  },
  [EXTENSION.authorityInfoAccess](value, facts) {
    facts.access = read.children(read.readOne(value), read.TAG.sequence).map((element) => {
      const [method, place] = read.children(element, read.TAG.sequence);
      const name = place && readGeneralName(place);
      return { method: read.oid(method), uri: name?.kind === 'uri' ? name.value : undefined };
    });
  },
};

/** Throws `DerError` when an extension that we know is malformed. */
export function extensionFacts(extensions: readonly Extension[]): ExtensionFacts {
  const facts: ExtensionFacts = {};
  for (const { oid, value } of extensions) READERS[oid]?.(value, facts);
  return facts;
}
