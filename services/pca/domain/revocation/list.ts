/**
 * Lists of revoked certificates (RFC 5280 5): written around entries that are encoded already, and read back. Version 2,
 * issuer as the authority has it, with its key identifier, a number, and for a list that is one of several the scope.
 */
import * as der from '../../../../platform/contract/der.ts';
import * as read from '../der/reader.ts';
import { ALGORITHM, type SigningAlgorithm } from '../x509/algorithm.ts';
import { authorityKeyIdentifier, type Extension, readExtensions, writeExtension } from '../x509/extension.ts';
import { readGeneralName, writeGeneralName } from '../x509/general-name.ts';
import { EXTENSION, LIST_EXTENSION } from '../x509/oids.ts';

/** What a list is about when it is one of several: undefined members say nothing. */
export interface ListScope {
  /** The places of the list, each as certificates name it. */
  uris: readonly string[];
  only: 'users' | 'authorities';
}

export interface ListPlan {
  algorithm: SigningAlgorithm;
  /** The Name of the authority, byte for byte. */
  issuer: Buffer;
  keyId: Buffer;
  number: number;
  /** Whole seconds, in milliseconds. */
  thisUpdate: number;
  nextUpdate: number;
  entries: Buffer;
  /** Undefined: everything that the authority has issued. */
  scope: ListScope | undefined;
}

const SEQUENCE = 0x30;
const V2 = der.integer(1);

/** What is signed. */
export function writeListTbs(plan: ListPlan): Buffer {
  const extensions = [
    authorityKeyIdentifier(plan.keyId),
    { oid: LIST_EXTENSION.number, critical: false, value: der.integer(numberBytes(plan.number)) },
    ...(plan.scope ? [issuingDistributionPoint(plan.scope)] : []),
  ];
  const head = Buffer.concat([
    V2,
    ALGORITHM[plan.algorithm].identifier,
    plan.issuer,
    der.time(plan.thisUpdate),
    der.time(plan.nextUpdate),
    // RFC 5280 5.1.2.6: no list of entries when there are none.
    ...(plan.entries.length > 0 ? [der.header(SEQUENCE, plan.entries.length)] : []),
  ]);
  const tail = der.contextConstructed(0, der.sequence(...extensions.map(writeExtension)));
  const length = head.length + plan.entries.length + tail.length;
  return Buffer.concat([der.header(SEQUENCE, length), head, plan.entries, tail]);
}

export function assembleList(tbs: Buffer, algorithm: SigningAlgorithm, signature: Buffer): Buffer {
  const tail = Buffer.concat([ALGORITHM[algorithm].identifier, der.bitString(signature)]);
  return Buffer.concat([der.header(SEQUENCE, tbs.length + tail.length), tbs, tail]);
}

function numberBytes(number: number): Buffer {
  const hex = number.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

function issuingDistributionPoint({ uris, only }: ListScope): Extension {
  const names = Buffer.concat(uris.map((value) => writeGeneralName({ kind: 'uri', value })));
  const point = der.contextConstructed(0, der.contextConstructed(0, names));
  const flag = der.contextPrimitive(only === 'users' ? 1 : 2, Buffer.of(0xff));
  return { oid: LIST_EXTENSION.issuingDistributionPoint, critical: true, value: der.sequence(point, flag) };
}

export interface ReadTbs {
  version: number;
  algorithm: Buffer;
  issuer: Buffer;
  thisUpdate: number;
  nextUpdate: number | undefined;
  entries: Buffer;
  /** The list of entries is there, and empty. */
  hasEmptyEntries: boolean;
  extensions: readonly Extension[];
}

export interface RevocationList extends ReadTbs {
  tbs: Buffer;
  outerAlgorithm: Buffer;
  signature: Buffer;
}

const isTime = (element: read.Element | undefined) =>
  element?.tag === read.TAG.utcTime || element?.tag === read.TAG.generalizedTime;

/** Throws `DerError`. Entries stay as they are: see `EntryCursor`. */
export function readListTbs(bytes: Buffer): ReadTbs {
  const parts = read.children(read.readOne(bytes), read.TAG.sequence);
  const version = parts[0]?.tag === read.TAG.integer ? read.smallInteger(parts.shift()) + 1 : 1;
  const [algorithm, issuer, thisUpdate, ...rest] = parts;
  const nextUpdate = isTime(rest[0]) ? read.time(rest.shift()) : undefined;
  const entries = rest[0]?.tag === read.TAG.sequence ? rest.shift()?.content : undefined;
  const list = rest.shift();
  if (rest.length > 0 || (list && list.tag !== 0xa0))
    throw new read.DerError('the list has members that do not belong there');
  return {
    version,
    algorithm: read.expect(algorithm, read.TAG.sequence).bytes,
    issuer: read.expect(issuer, read.TAG.sequence).bytes,
    thisUpdate: read.time(thisUpdate),
    nextUpdate,
    entries: entries ?? Buffer.alloc(0),
    hasEmptyEntries: entries?.length === 0,
    extensions: list ? readExtensions(read.readOne(list.content)) : [],
  };
}

/** Throws `DerError`. */
export function readList(bytes: Buffer): RevocationList {
  const [tbs, outer, signature, ...more] = read.children(read.readOne(bytes), read.TAG.sequence);
  if (more.length > 0 || !tbs) throw new read.DerError('the list has members that do not belong there');
  return {
    ...readListTbs(tbs.bytes),
    tbs: tbs.bytes,
    outerAlgorithm: read.expect(outer, read.TAG.sequence).bytes,
    signature: read.bitStringBytes(signature),
  };
}

export interface ListFacts {
  number?: bigint;
  numberOctets?: number;
  keyId?: Buffer;
  /** Undefined: no scope. */
  scope?: { uris: readonly string[]; users: boolean; authorities: boolean; more: boolean };
}

/** What the extensions say. Throws `DerError`. */
export function listFacts({ extensions }: Pick<ReadTbs, 'extensions'>): ListFacts {
  const facts: ListFacts = {};
  for (const { oid, value } of extensions) {
    if (oid === LIST_EXTENSION.number) {
      const bytes = read.integerBytes(read.readOne(value));
      facts.number = BigInt(`0x${bytes.toString('hex')}`);
      facts.numberOctets = bytes.length;
    } else if (oid === EXTENSION.authorityKeyIdentifier) {
      const [id, ...more] = read.children(read.readOne(value), read.TAG.sequence);
      if (id?.tag === 0x80 && more.length === 0) facts.keyId = id.content;
    } else if (oid === LIST_EXTENSION.issuingDistributionPoint) {
      facts.scope = readScope(value);
    }
  }
  return facts;
}

function readScope(value: Buffer): NonNullable<ListFacts['scope']> {
  const scope = { uris: [] as string[], users: false, authorities: false, more: false };
  for (const { tag, content } of read.children(read.readOne(value), read.TAG.sequence)) {
    if (tag === 0xa0) {
      const full = read.readOne(content);
      if (full.tag !== 0xa0) throw new read.DerError('the name of the list is not a full one');
      scope.uris = read.readAll(full.content).map((one) => {
        const name = readGeneralName(one);
        return name.kind === 'uri' ? name.value : '';
      });
    } else if (tag === 0x81) scope.users = isTrue(content);
    else if (tag === 0x82) scope.authorities = isTrue(content);
    else scope.more = true;
  }
  return scope;
}

/** A default that is written out is not DER. */
function isTrue(content: Buffer): boolean {
  if (content.length !== 1 || content[0] !== 0xff) throw new read.DerError('a flag of the scope is malformed');
  return true;
}
