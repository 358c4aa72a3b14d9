/**
 * Certification requests (PKCS #10, RFC 2986). Guarantees that whoever made an accepted request has the private key and
 * that nothing in it is there twice. The names and the key are all that is taken unless a template passes more on.
 */
import * as der from '../../../platform/contract/der.ts';
import * as read from './der/reader.ts';
import { algorithmOf, verifies, verifiesBeside } from './x509/algorithm.ts';
import {
  type Extension,
  type ExtensionFacts,
  extensionFacts,
  readExtensions,
  writeExtension,
} from './x509/extension.ts';
import { type Name, readName } from './x509/name.ts';
import { CHALLENGE_PASSWORD, EXTENSION_REQUEST } from './x509/oids.ts';
import { readOnePem } from './x509/pem.ts';
import { keyProblem, type PublicKeyFacts, readPublicKey } from './x509/public-key.ts';

export interface CertificationRequest {
  subject: Name;
  /** SubjectPublicKeyInfo. */
  publicKey: Buffer;
  key: PublicKeyFacts;
  extensions: readonly Extension[];
  facts: ExtensionFacts;
}

export const CSR_LABELS = ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'] as const;
const MAX_BYTES = 32_768;

export type CheckedRequest = { ok: true; csr: CertificationRequest } | { ok: false; problem: string };

/** PEM or DER, checked as spec pca 3.3 says. Never throws. */
export function readRequest(bytes: Buffer): CheckedRequest {
  const parsed = parse(bytes);
  return parsed.ok && !verifies(...parsed.proof) ? NOT_PROVEN : parsed;
}

/** The same, with the signature verified beside this thread: for where many requests come. */
export async function readRequestBeside(bytes: Buffer): Promise<CheckedRequest> {
  const parsed = parse(bytes);
  return parsed.ok && !(await verifiesBeside(...parsed.proof)) ? NOT_PROVEN : parsed;
}

const NOT_PROVEN = { ok: false, problem: 'the signature of the request is not by the key in it' } as const;

/** All but whether the signature is by the key. */
type Parsed =
  | { ok: true; csr: CertificationRequest; proof: Parameters<typeof verifies> }
  | { ok: false; problem: string };

function parse(bytes: Buffer): Parsed {
  if (bytes.length > MAX_BYTES) return { ok: false, problem: `the request is longer than ${MAX_BYTES} bytes` };
  const object = readOnePem(bytes, CSR_LABELS);
  if (!object) return { ok: false, problem: 'the request is neither DER nor one PEM block of a certificate request' };
  try {
    return parsedRequest(object);
  } catch (error) {
    if (error instanceof read.DerError) return { ok: false, problem: error.message };
    throw error;
  }
}

function parsedRequest(bytes: Buffer): Parsed {
  const whole = read.readOne(bytes, read.TAG.sequence);
  read.requireStrict(whole);
  const [info, algorithm, signature, ...more] = read.children(whole, read.TAG.sequence);
  const [version, subject, publicKey, attributes, ...rest] = read.children(info, read.TAG.sequence);
  if (more.length + rest.length > 0) throw new read.DerError('the request has members that do not belong there');
  if (read.smallInteger(version) !== 0) throw new read.DerError('the version of the request is not 1');
  const extensions = readAttributes(attributes);
  const identifier = read.expect(algorithm, read.TAG.sequence).bytes;
  if (!algorithmOf(identifier))
    throw new read.DerError('the request is signed with an algorithm that is not accepted; SHA-256 and above are');
  const spki = read.expect(publicKey, read.TAG.sequence).bytes;
  const key = readPublicKey(spki);
  const problem = keyProblem(key, spki);
  if (problem !== undefined) return { ok: false, problem };
  const facts = extensionFacts(extensions);
  const csr = { subject: readName(subject), publicKey: spki, key, extensions, facts };
  return { ok: true, csr, proof: [info!.bytes, identifier, read.bitStringBytes(signature), spki] };
}

function readAttributes(element: read.Element | undefined): Extension[] {
  // Many tools leave the list out when it is empty.
  if (!element) return [];
  const seen = new Set<string>();
  let extensions: Extension[] = [];
  for (const attribute of read.readAll(read.expect(element, 0xa0).content)) {
    const [type, values, ...more] = read.children(attribute, read.TAG.sequence);
    const id = read.oid(type);
    const [value, ...others] = read.children(values, read.TAG.set);
    if (!value || more.length + others.length > 0) throw new read.DerError('an attribute does not have one value');
    if (seen.has(id)) throw new read.DerError('an attribute occurs twice');
    seen.add(id);
    if (id === EXTENSION_REQUEST) extensions = readExtensions(value);
    else if (id !== CHALLENGE_PASSWORD) throw new read.DerError(`attribute ${id} is not accepted`);
  }
  return extensions;
}

/** What an authority of ours signs to ask for its own certificate. */
export function writeRequestInfo(subject: Name, publicKey: Buffer, extensions: readonly Extension[]): Buffer {
  const list = der.sequence(...extensions.map(writeExtension));
  const attributes = extensions.length > 0 ? der.sequence(der.oid(EXTENSION_REQUEST), der.setOf(list)) : undefined;
  return der.sequence(
    der.integer(0),
    subject.bytes,
    publicKey,
    der.contextConstructed(0, attributes ?? Buffer.alloc(0)),
  );
}

/** Of a request that we wrote. */
export function requestSubject(csr: Buffer): Name {
  const [info] = read.children(read.readOne(csr), read.TAG.sequence);
  const [, subject] = read.children(info, read.TAG.sequence);
  return readName(subject);
}
