/** Passwords of files. They are bytes of UTF-8 in a Buffer of the caller, who zeroes it. */
import { isUtf8, transcode } from 'node:buffer';

/** Below this somebody who has the file can try all. */
const LEAST_FOR_KEYS = 12;

/** Why no program could be given it; undefined: it can. */
export function passphraseProblem(passphrase: Buffer): string | undefined {
  if (!isUtf8(passphrase)) return 'the password is not UTF-8';
  // Programs end a password at NUL, and cannot be given line breaks.
  if (passphrase.some((byte) => byte < 0x20 || byte === 0x7f)) return 'the password has control characters';
  return undefined;
}

/** Why a key is not encrypted under it; undefined: it is good enough. */
export function newPassphraseProblem(passphrase: Buffer): string | undefined {
  if (passphrase.length < LEAST_FOR_KEYS) return `the password is shorter than ${LEAST_FOR_KEYS} bytes`;
  if (new Set(passphrase).size < 5) return 'the password has fewer than five different characters';
  return passphraseProblem(passphrase);
}

/** BMPString with the two bytes of NUL at the end (RFC 7292 B.1). The caller zeroes it. */
export function bmpPassphrase(passphrase: Buffer): Buffer {
  const wide = transcode(passphrase, 'utf8', 'utf16le');
  const bmp = Buffer.alloc(wide.length + 2);
  wide.copy(bmp);
  wide.fill(0);
  return bmp.swap16();
}
