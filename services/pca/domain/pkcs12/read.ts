/**
 * Reads PKCS #12 files of strangers: what we write, what OpenSSL 3 writes, and what others write in this form. Guarantees
 * that the MAC was verified before anything was decrypted, that reading ends, whatever the file says it would cost
 * (`Budget`), and that a file has at most one key. Refuses, with a message that says what to do: files without MAC, with RC2 or
 * Triple-DES, with keys in the clear, and every form that does not occur in practice.
 */
import * as read from '../der/reader.ts';
import { requireMac } from './mac.ts';
import { BAG, CONTENT, FRIENDLY_NAME, LOCAL_KEY_ID, X509_CERTIFICATE } from './oids.ts';
import { passphraseProblem } from './passphrase.ts';
import { Budget, decrypt, decryptPrivateKey, exactly } from './pbes2.ts';
import { Pkcs12Problem } from './problem.ts';

export const MOST_BYTES = 524_288;
const MOST_CONTENTS = 8;
const MOST_BAGS = 64;
const MOST_NAME_BYTES = 1_024;
const EXPLICIT = 0xa0;
const IMPLICIT = 0x80;

export interface OpenedKeyStore {
  /** PKCS #8, DER, as the file has it: whether it is a key is for the caller to find out, who zeroes it. */
  key: Buffer | undefined;
  /** DER as the file has it, in its order, but the one that the file ties to the key comes first. */
  certificates: Buffer[];
  friendlyName: string | undefined;
}

interface Bag {
  kind: 'key' | 'certificate';
  bytes: Buffer;
  friendlyName?: string;
  localKeyId?: Buffer;
}

/** Throws `Pkcs12Problem` and nothing else for a file that is not read. */
export async function readPkcs12(file: Buffer, passphrase: Buffer): Promise<OpenedKeyStore> {
  const bags: Bag[] = [];
  try {
    await openFile(file, passphrase, bags);
    return arranged(bags);
  } catch (error) {
    for (const { kind, bytes } of bags) if (kind === 'key') bytes.fill(0);
    if (error instanceof read.DerError)
      throw new Pkcs12Problem('malformed', `the file is no PKCS #12 file in DER: ${error.message}`);
    throw error;
  }
}

async function openFile(file: Buffer, passphrase: Buffer, bags: Bag[]): Promise<void> {
  if (file.length > MOST_BYTES) throw new Pkcs12Problem('malformed', `the file is longer than ${MOST_BYTES} bytes`);
  const problem = passphraseProblem(passphrase);
  if (problem !== undefined) throw new Pkcs12Problem('password', problem);
  const [version, authSafe, macData, ...more] = read.children(read.readOne(file), read.TAG.sequence);
  if (read.smallInteger(version) !== 3 || more.length > 0)
    throw new Pkcs12Problem('malformed', 'the file is not of version 3');
  const { type, value } = contentInfo(authSafe);
  if (type !== CONTENT.data) throw new Pkcs12Problem('unsupported', 'files that are signed with a key are not read');
  if (!macData) throw new Pkcs12Problem('unsupported', 'the file has no MAC: nobody could see that it was changed');
  const safe = read.octetString(value);
  await requireMac(macData, safe, passphrase);
  const contents = read.children(read.readOne(safe), read.TAG.sequence);
  if (contents.length > MOST_CONTENTS)
    throw new Pkcs12Problem('malformed', `the file has more than ${MOST_CONTENTS} parts`);
  const budget = new Budget();
  for (const content of contents) await openContent(content, { passphrase, budget, bags });
}

interface Reading {
  passphrase: Buffer;
  budget: Budget;
  bags: Bag[];
}

async function openContent(content: read.Element, reading: Reading): Promise<void> {
  const { type, value } = contentInfo(content);
  if (type === CONTENT.data) return openBags(read.octetString(value), reading);
  if (type !== CONTENT.encryptedData)
    throw new Pkcs12Problem('unsupported', 'parts that are encrypted to a public key are not read');
  const [version, info] = exactly(value, 2);
  if (read.smallInteger(version) !== 0) throw new Pkcs12Problem('malformed', 'an encrypted part is malformed');
  const [inner, algorithm, ciphertext] = exactly(info, 3);
  if (read.oid(inner) !== CONTENT.data) throw new Pkcs12Problem('malformed', 'an encrypted part is malformed');
  const bytes = read.expect(ciphertext, IMPLICIT).content;
  const opened = await decrypt(algorithm, bytes, reading.passphrase, reading.budget);
  try {
    await openBags(opened, reading);
  } finally {
    opened.fill(0);
  }
}

async function openBags(bytes: Buffer, { passphrase, budget, bags }: Reading): Promise<void> {
  for (const element of read.children(read.readOne(bytes), read.TAG.sequence)) {
    if (bags.length >= MOST_BAGS) throw new Pkcs12Problem('malformed', `the file has more than ${MOST_BAGS} entries`);
    const [id, wrapped, attributes, ...more] = read.children(element, read.TAG.sequence);
    if (more.length > 0) throw new Pkcs12Problem('malformed', 'an entry has members too many');
    const value = read.readOne(read.expect(wrapped, EXPLICIT).content);
    const facts = readAttributes(attributes);
    const type = read.oid(id);
    if (type === BAG.shroudedKey)
      bags.push({ kind: 'key', bytes: await decryptPrivateKey(value, passphrase, budget), ...facts });
    else if (type === BAG.certificate) bags.push({ kind: 'certificate', bytes: certificateOf(value), ...facts });
    else if (type === BAG.key) throw new Pkcs12Problem('unsupported', 'the private key in the file is not encrypted');
    else throw new Pkcs12Problem('unsupported', `entries of type ${type} are not read`);
  }
}

function contentInfo(element: read.Element | undefined): { type: string; value: read.Element } {
  const [type, wrapped] = exactly(element, 2);
  return { type: read.oid(type), value: read.readOne(read.expect(wrapped, EXPLICIT).content) };
}

/** A copy: what it was read from is zeroed. */
function certificateOf(value: read.Element): Buffer {
  const [type, wrapped] = exactly(value, 2);
  if (read.oid(type) !== X509_CERTIFICATE)
    throw new Pkcs12Problem('unsupported', 'certificates other than those of X.509 are not read');
  return Buffer.from(read.octetString(read.readOne(read.expect(wrapped, EXPLICIT).content)));
}

/** Others than these two are for the programs that wrote them. */
function readAttributes(element: read.Element | undefined): Pick<Bag, 'friendlyName' | 'localKeyId'> {
  const facts: Pick<Bag, 'friendlyName' | 'localKeyId'> = {};
  if (!element) return facts;
  for (const attribute of read.children(element, read.TAG.set)) {
    const [id, values] = exactly(attribute, 2);
    const [value] = read.children(values, read.TAG.set);
    if (!value || value.content.length > MOST_NAME_BYTES) continue;
    if (read.oid(id) === LOCAL_KEY_ID) facts.localKeyId = Buffer.from(read.octetString(value));
    if (read.oid(id) === FRIENDLY_NAME && value.tag === read.TAG.bmpString && value.content.length % 2 === 0)
      facts.friendlyName = Buffer.from(value.content).swap16().toString('utf16le');
  }
  return facts;
}

function arranged(bags: readonly Bag[]): OpenedKeyStore {
  const [key, second] = bags.filter(({ kind }) => kind === 'key');
  if (second) throw new Pkcs12Problem('unsupported', 'the file has more than one private key');
  const certificates = bags.filter(({ kind }) => kind === 'certificate');
  if (certificates.length === 0) throw new Pkcs12Problem('malformed', 'the file has no certificate');
  const id = key?.localKeyId;
  const own = id && certificates.find(({ localKeyId }) => localKeyId?.equals(id));
  const ordered = own ? [own, ...certificates.filter((one) => one !== own)] : certificates;
  return {
    key: key?.bytes,
    certificates: ordered.map(({ bytes }) => bytes),
    friendlyName: key?.friendlyName ?? ordered[0]?.friendlyName,
  };
}
