/**
 * Writes PKCS #12 files (RFC 7292): a private key, its certificate and the chain above it, under one password. Certificates
 * are encrypted too. The form is the one OpenSSL 3 writes, so that OpenSSL, GnuTLS, Java and Windows read it: PBES2 for the
 * contents, HMAC-SHA-256 over the whole.
 */
import { hash } from 'node:crypto';
import * as der from '../../../../platform/contract/der.ts';
import { writeMac } from './mac.ts';
import { BAG, CONTENT, FRIENDLY_NAME, LOCAL_KEY_ID, X509_CERTIFICATE } from './oids.ts';
import { encrypt, encryptPrivateKey } from './pbes2.ts';

const VERSION = 3;
const BMP_STRING = 0x1e;

export interface KeyStore {
  /** PKCS #8, DER. */
  key: Buffer;
  /** DER: the certificate of the key, then what is above it. */
  certificates: readonly [leaf: Buffer, ...chain: Buffer[]];
  /** What programs show. */
  friendlyName: string;
}

export async function writePkcs12({ key, certificates, friendlyName }: KeyStore, passphrase: Buffer): Promise<Buffer> {
  const [leaf, ...chain] = certificates;
  const ties = attributes(friendlyName, hash('sha256', leaf, 'buffer').subarray(0, 20));
  const shrouded = await encryptPrivateKey(key, passphrase);
  const keys = der.sequence(bag(BAG.shroudedKey, shrouded, ties));
  const bags = [certificateBag(leaf, ties), ...chain.map((certificate) => certificateBag(certificate))];
  const safe = der.sequence(await encryptedContent(der.sequence(...bags), passphrase), dataContent(keys));
  return der.sequence(der.integer(VERSION), dataContent(safe), await writeMac(safe, passphrase));
}

function dataContent(content: Buffer): Buffer {
  return der.sequence(der.oid(CONTENT.data), der.contextConstructed(0, der.octetString(content)));
}

async function encryptedContent(content: Buffer, passphrase: Buffer): Promise<Buffer> {
  const { algorithm, ciphertext } = await encrypt(content, passphrase);
  const info = der.sequence(der.oid(CONTENT.data), algorithm, der.contextPrimitive(0, ciphertext));
  const encrypted = der.sequence(der.integer(0), info);
  return der.sequence(der.oid(CONTENT.encryptedData), der.contextConstructed(0, encrypted));
}

function certificateBag(certificate: Buffer, ties?: Buffer): Buffer {
  const value = der.contextConstructed(0, der.octetString(certificate));
  return bag(BAG.certificate, der.sequence(der.oid(X509_CERTIFICATE), value), ties);
}

function bag(id: string, value: Buffer, ties?: Buffer): Buffer {
  return der.sequence(der.oid(id), der.contextConstructed(0, value), ...(ties ? [ties] : []));
}

/** What ties a key to its certificate, for programs and for people. */
function attributes(friendlyName: string, localKeyId: Buffer): Buffer {
  const name = der.tlv(BMP_STRING, Buffer.from(friendlyName, 'utf16le').swap16());
  return der.setOf(
    der.sequence(der.oid(FRIENDLY_NAME), der.setOf(name)),
    der.sequence(der.oid(LOCAL_KEY_ID), der.setOf(der.octetString(localKeyId))),
  );
}
