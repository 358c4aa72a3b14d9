/** The authorities that Node.js trusts, read once: whoever gives no bundle gets certificates that come from one of them. */
import { rootCertificates } from 'node:tls';
import { readAnchors } from '../../domain/outside/check-certificate.ts';
import type { Certificate } from '../../domain/x509/certificate.ts';
import { readPem } from '../../domain/x509/pem.ts';

let known: readonly Certificate[] | undefined;

export function systemAnchors(): readonly Certificate[] {
  known ??= readAnchors(rootCertificates.flatMap((pem) => readPem(pem, ['CERTIFICATE']) ?? []));
  return known;
}
