/** Certificate requests of P-256 keys, signed by node:crypto. */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { writeRequestInfo } from '../../services/pca/domain/csr.ts';
import { assemble } from '../../services/pca/domain/x509/certificate.ts';
import { subjectAltName } from '../../services/pca/domain/x509/extension.ts';
import { writeName } from '../../services/pca/domain/x509/name.ts';
import { ATTRIBUTE } from '../../services/pca/domain/x509/oids.ts';

/** DER; each for a key and a host of its own. */
export function makeRequests(count: number, host = hostOf): Buffer[] {
  return Array.from({ length: count }, (_, at) => {
    const value = host(at);
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const spki = publicKey.export({ format: 'der', type: 'spki' });
    const subject = writeName([{ oid: ATTRIBUTE.commonName, value }]);
    const info = writeRequestInfo(subject, spki, [subjectAltName([{ kind: 'dns', value }], false)]);
    return assemble(info, 'SHA256WITHECDSA', sign('sha256', info, privateKey));
  });
}

/** Spread over many domains, as the hosts of a large account are. */
export function hostOf(at: number): string {
  const domain = createHash('sha256')
    .update(String(at % 9973))
    .digest('hex')
    .slice(0, 8);
  return `host-${at}.${domain}.example.com`;
}
