/**
 * Messages sealed under a key that lives for one message: HMAC-SHA256 of the material over a random salt and the
 * header gives the AES-256-GCM key (spec kms 3.3), which removes the 2^32 bound on random nonces per key. The caller
 * never chooses salt or IV.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomFillSync } from 'node:crypto';
import { HsmError, SEAL_OVERHEAD } from '../port.ts';
import { lengthPrefixed } from './canonical.ts';

const MESSAGE_KEY_LABEL = Buffer.from('parapet/hsm/message-key/v1', 'ascii');
const TENANT_SECRET_INFO = Buffer.from('parapet/hsm/tenant-secret/v1', 'ascii');
const SALT = 16;
const IV = 12;
const TAG = 16;

function messageKey(material: Buffer, salt: Buffer, header: Buffer): Buffer {
  return createHmac('sha256', material).update(MESSAGE_KEY_LABEL).update(salt).update(header).digest();
}

/** Salts and IVs are public: they are drawn in blocks, each byte is handed out once. */
const POOL = Buffer.alloc((SALT + IV) * 256);
let poolAt = POOL.length;

function nextSaltAndIv(out: Buffer): void {
  if (poolAt === POOL.length) {
    randomFillSync(POOL);
    poolAt = 0;
  }
  POOL.copy(out, 0, poolAt, poolAt + SALT + IV);
  poolAt += SALT + IV;
}

/** AES-256-GCM with a 96-bit IV and 128-bit tag: answers ciphertext || tag. */
export function gcmSeal(key: Buffer, iv: Buffer, aad: Buffer, plaintext: Buffer): { ciphertext: Buffer; tag: Buffer } {
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG });
  cipher.setAAD(aad);
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  return { ciphertext, tag: cipher.getAuthTag() };
}

/** Answers the plaintext, or undefined when the tag does not verify. */
export function gcmOpen(key: Buffer, iv: Buffer, aad: Buffer, ciphertext: Buffer, tag: Buffer): Buffer | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG });
  decipher.setAAD(aad);
  decipher.setAuthTag(tag);
  const plaintext = decipher.update(ciphertext);
  try {
    decipher.final();
    return plaintext;
  } catch {
    // SECURITY: what GCM released before the tag was checked must not survive.
    plaintext.fill(0);
    return undefined;
  }
}

/** Answers `salt || iv || ciphertext || tag`. */
export function sealMessage(material: Buffer, header: Buffer, aad: Buffer, plaintext: Buffer): Buffer {
  const out = Buffer.alloc(SEAL_OVERHEAD + plaintext.length);
  nextSaltAndIv(out);
  const key = messageKey(material, out.subarray(0, SALT), header);
  const { ciphertext, tag } = gcmSeal(key, out.subarray(SALT, SALT + IV), lengthPrefixed([header, aad]), plaintext);
  key.fill(0);
  ciphertext.copy(out, SALT + IV);
  tag.copy(out, SALT + IV + plaintext.length);
  return out;
}

/** Answers the plaintext (the caller zeroises it); throws `integrity`. */
export function openMessage(material: Buffer, header: Buffer, aad: Buffer, sealed: Buffer): Buffer {
  if (sealed.length < SEAL_OVERHEAD) throw new HsmError('integrity', 'sealed message is too short');
  const key = messageKey(material, sealed.subarray(0, SALT), header);
  const end = sealed.length - TAG;
  const plaintext = gcmOpen(
    key,
    sealed.subarray(SALT, SALT + IV),
    lengthPrefixed([header, aad]),
    sealed.subarray(SALT + IV, end),
    sealed.subarray(end),
  );
  key.fill(0);
  if (plaintext === undefined) throw new HsmError('integrity', 'sealed message does not verify');
  return plaintext;
}

/** The key for a tenant's small secrets, separated from its use as a wrapping key. */
export function deriveSecretKey(tenantKey: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', tenantKey, Buffer.alloc(0), TENANT_SECRET_INFO, 32));
}
