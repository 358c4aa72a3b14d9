import type { ListenerTls } from './options.ts';

/** Suites with forward secrecy and authenticated encryption only; AES-128 first, it is hardware on every server. */
const TLS_CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** Options of node's TLS server. */
export function tlsSettings(tls: ListenerTls) {
  return {
    key: tls.key,
    cert: tls.certificate,
    ca: tls.clientAuthorities === undefined ? undefined : [...tls.clientAuthorities],
    requestCert: tls.clientAuthorities !== undefined,
    rejectUnauthorized: tls.requireClientCertificate === true,
    minVersion: 'TLSv1.2',
    ciphers: TLS_CIPHERS,
    honorCipherOrder: true,
    ALPNProtocols: ['http/1.1'],
  } as const;
}
