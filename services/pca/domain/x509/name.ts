/**
 * Distinguished names (RFC 5280 4.1.2.4, X.520). Names that we write have one attribute in each RDN, PrintableString for
 * C, serialNumber and dnQualifier, IA5String for DC and e-mail addresses, UTF8String for all others. Names that we read
 * keep their bytes: the issuer of a certificate is a copy of the subject of its authority, never written anew.
 */
import * as der from '../../../../platform/contract/der.ts';
import * as read from '../der/reader.ts';
import { ATTRIBUTE } from './oids.ts';

export interface Attribute {
  oid: string;
  value: string;
}

export interface Name {
  /** The whole Name. */
  bytes: Buffer;
  attributes: readonly Attribute[];
}

/** In the order in which names are written, with the longest value of each. */
const KINDS: readonly { oid: string; label: string; max: number; form?: 'printable' | 'ia5' }[] = [
  { oid: ATTRIBUTE.country, label: 'C', max: 2, form: 'printable' },
  { oid: ATTRIBUTE.domainComponent, label: 'DC', max: 63, form: 'ia5' },
  { oid: ATTRIBUTE.state, label: 'ST', max: 128 },
  { oid: ATTRIBUTE.locality, label: 'L', max: 128 },
  { oid: ATTRIBUTE.organization, label: 'O', max: 64 },
  { oid: ATTRIBUTE.organizationalUnit, label: 'OU', max: 64 },
  { oid: ATTRIBUTE.title, label: 'title', max: 64 },
  { oid: ATTRIBUTE.surname, label: 'SN', max: 40 },
  { oid: ATTRIBUTE.givenName, label: 'GN', max: 16 },
  { oid: ATTRIBUTE.initials, label: 'initials', max: 5 },
  { oid: ATTRIBUTE.generationQualifier, label: 'generationQualifier', max: 3 },
  { oid: ATTRIBUTE.pseudonym, label: 'pseudonym', max: 128 },
  { oid: ATTRIBUTE.dnQualifier, label: 'dnQualifier', max: 64, form: 'printable' },
  { oid: ATTRIBUTE.commonName, label: 'CN', max: 64 },
  { oid: ATTRIBUTE.serialNumber, label: 'serialNumber', max: 64, form: 'printable' },
  { oid: ATTRIBUTE.emailAddress, label: 'emailAddress', max: 255, form: 'ia5' },
];
const KIND = new Map(KINDS.map((kind, order) => [kind.oid, { ...kind, order }]));
const MAX_OTHER = 256;
const MAX_ATTRIBUTES = 150;

const PRINTABLE = /^[A-Za-z0-9 '()+,./:=?-]+$/;
const IA5 = /^[\x00-\x7f]*$/;
const CONTROL = /\p{Control}|\p{Surrogate}|\p{Noncharacter_Code_Point}/u;
/** UTF-8 that was read as Latin-1: `Ã` or `Â` before a character of the upper half. */
const MIXED_UP = /[\u00c2\u00c3][\u0080-\u00bf]/;
const ENTITY = /&(?:[a-z]{2,8}|#\d{1,6}|#x[0-9a-f]{1,6});/i;

/** Attributes of a request in the usual order; those of other kinds come last, as given. */
export function writeName(attributes: readonly Attribute[]): Name {
  const order = ({ oid }: Attribute) => KIND.get(oid)?.order ?? KINDS.length;
  return encodeName([...attributes].sort((a, b) => order(a) - order(b)));
}

/** In the given order: what somebody else wrote in another form. */
export function encodeName(attributes: readonly Attribute[]): Name {
  const rdns = attributes.map(({ oid, value }) => der.setOf(der.sequence(der.oid(oid), written(oid, value))));
  return { bytes: der.sequence(...rdns), attributes };
}

function written(oid: string, value: string): Buffer {
  const form = KIND.get(oid)?.form;
  if (form === 'printable') return der.printableString(value);
  return form === 'ia5' ? der.ia5String(value) : der.utf8String(value);
}

const STRINGS: ReadonlyMap<number, 'utf8' | 'latin1'> = new Map([
  [read.TAG.utf8String, 'utf8'],
  [read.TAG.printableString, 'latin1'],
  [read.TAG.ia5String, 'latin1'],
]);

/** Throws `DerError`. Any number of attributes in an RDN, text of the kinds that are still in use. */
export function readName(element: read.Element | undefined): Name {
  const attributes = read.children(element, read.TAG.sequence).flatMap((rdn) => {
    const members = read.children(rdn, read.TAG.set);
    if (members.length === 0) throw new read.DerError('an RDN of the name is empty');
    return members.map((member) => {
      const [type, value, ...rest] = read.children(member, read.TAG.sequence);
      if (!value || rest.length > 0) throw new read.DerError('an attribute of the name is malformed');
      return { oid: read.oid(type), value: textOf(value) };
    });
  });
  if (attributes.length > MAX_ATTRIBUTES) throw new read.DerError('the name has too many attributes');
  return { bytes: (element as read.Element).bytes, attributes };
}

function textOf({ tag, content }: read.Element): string {
  if (tag === read.TAG.bmpString && content.length % 2 === 0) return Buffer.from(content).swap16().toString('utf16le');
  const encoding = STRINGS.get(tag);
  if (!encoding) throw new read.DerError('an attribute of the name is no text');
  const text = content.toString(encoding);
  if (!Buffer.from(text, encoding).equals(content)) throw new read.DerError('an attribute of the name is not UTF-8');
  if (tag === read.TAG.printableString && text !== '' && !PRINTABLE.test(text))
    throw new read.DerError('a PrintableString has other characters');
  return text;
}

/** Why a certificate with this name is not issued (lint 11); undefined: it is fine. */
export function nameProblem(name: Pick<Name, 'attributes'>): string | undefined {
  for (const { oid, value } of name.attributes) {
    const kind = KIND.get(oid);
    const label = kind?.label ?? oid;
    if (value === '') return `${label} is empty`;
    if (value.length > (kind?.max ?? MAX_OTHER)) return `${label} is longer than ${kind?.max ?? MAX_OTHER} characters`;
    if (value !== value.trim()) return `${label} begins or ends with a space`;
    if (CONTROL.test(value)) return `${label} has control characters`;
    if (MIXED_UP.test(value)) return `${label} is UTF-8 that was read as Latin-1`;
    if (ENTITY.test(value)) return `${label} has an HTML entity`;
    if (oid === ATTRIBUTE.country && !/^[A-Z]{2}$/.test(value)) return 'C is not two capital letters';
    if (kind?.form === 'printable' && !PRINTABLE.test(value))
      return `${label} has characters that do not fit a PrintableString`;
    if (kind?.form === 'ia5' && !IA5.test(value)) return `${label} is not ASCII`;
  }
  return undefined;
}

export function valuesOf(name: Pick<Name, 'attributes'>, oid: string): string[] {
  return name.attributes.filter((attribute) => attribute.oid === oid).map(({ value }) => value);
}

/** For people: `C=DE, O=Example, CN=root`. */
export function nameText({ attributes }: Pick<Name, 'attributes'>): string {
  return attributes.map(({ oid, value }) => `${KIND.get(oid)?.label ?? oid}=${value}`).join(', ');
}

/** Whether a name stands in the tree below another one, as RFC 5280 7.1 compares names. */
export function isWithin(name: Pick<Name, 'attributes'>, root: Pick<Name, 'attributes'>): boolean {
  return root.attributes.every((wanted, at) => {
    const found = name.attributes[at];
    return found?.oid === wanted.oid && folded(found.value) === folded(wanted.value);
  });
}

function folded(value: string): string {
  return value.normalize('NFKC').toLowerCase().trim().replaceAll(/\s+/g, ' ');
}
