/** When a certificate is to be renewed (RFC 9773). */

export interface Window {
  start: number;
  end: number;
}

const SHORT_MS = 10 * 86_400_000;
const HALF_HOUR_MS = 1_800_000;

/** Around two thirds of the lifetime; of short ones around the half (as Boulder does). */
export function suggestedWindow({ notBefore, notAfter }: { notBefore: number; notAfter: number }): Window {
  const validity = notAfter - notBefore;
  const centre = notAfter - Math.floor(validity / (validity < SHORT_MS ? 2 : 3));
  const half = Math.floor(validity / 100);
  return { start: centre - half, end: centre + half };
}

/** At once: a window that is over. */
export function pastWindow(now: number): Window {
  return { start: now - 2 * HALF_HOUR_MS, end: now - HALF_HOUR_MS };
}

export interface CertificateId {
  keyId: Buffer;
  /** The value bytes of the DER INTEGER. */
  serial: Buffer;
}

/** Undefined: it is no certificate identifier. */
export function readCertificateId(text: string): CertificateId | undefined {
  const [keyId, serial, ...more] = text.split('.');
  if (!keyId || !serial || more.length > 0) return undefined;
  const read = { keyId: Buffer.from(keyId, 'base64url'), serial: Buffer.from(serial, 'base64url') };
  return writeCertificateId(read) === text ? read : undefined;
}

export function writeCertificateId({ keyId, serial }: CertificateId): string {
  return `${keyId.toString('base64url')}.${serial.toString('base64url')}`;
}
