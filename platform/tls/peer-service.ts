import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';

const PREFIX = 'URI:spiffe://parapet/service/';

/**
 * Name of the service at the other end of an mTLS connection, for example `kms`; undefined for any other client.
 *
 * SECURITY: the listener may trust other authorities for other clients, so the certificate must be signed by the
 * internal authority itself, not merely be accepted by TLS. A certificate with two service names has none.
 */
export function peerServiceOf(socket: TLSSocket, authority: X509Certificate): string | undefined {
  if (!socket.authorized) return undefined;
  const certificate = socket.getPeerX509Certificate();
  return certificate === undefined ? undefined : serviceNameOf(certificate, authority);
}

/** The same for a certificate at hand. */
export function serviceNameOf(certificate: X509Certificate, authority: X509Certificate): string | undefined {
  if (!certificate.checkIssued(authority) || !certificate.verify(authority.publicKey)) return undefined;
  let found: string | undefined;
  for (const entry of (certificate.subjectAltName ?? '').split(', ')) {
    if (!entry.startsWith(PREFIX)) continue;
    if (found !== undefined) return undefined;
    found = entry.slice(PREFIX.length);
  }
  return found !== undefined && isServiceName(found) ? found : undefined;
}

function isServiceName(text: string): boolean {
  if (text.length === 0 || text.length > 63) return false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    const letter = c >= 0x61 && c <= 0x7a;
    if (!letter && (i === 0 || !((c >= 0x30 && c <= 0x39) || c === 0x2d))) return false;
  }
  return true;
}
