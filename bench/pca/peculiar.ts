/** The same certificate by @peculiar/x509 alone: a request is read and verified, a certificate built and signed, nothing kept. */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  cryptoProvider,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

export async function openPeculiar(): Promise<(csr: Buffer) => Promise<void>> {
  cryptoProvider.set(webcrypto as never);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  let serial = 1;
  return async (csr) => {
    const request = new Pkcs10CertificateRequest(csr as never);
    if (!(await request.verify())) throw new Error('the request does not verify');
    const names = request.extensions.filter((extension) => extension instanceof SubjectAlternativeNameExtension);
    await X509CertificateGenerator.create({
      serialNumber: (serial++).toString(16).padStart(36, '1'),
      subject: request.subject,
      issuer: 'O=Example, CN=issuing',
      notBefore: new Date(),
      notAfter: new Date(Date.now() + 90 * 86_400_000),
      signingAlgorithm: algorithm,
      publicKey: request.publicKey,
      signingKey: keys.privateKey as never,
      extensions: [...names, new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true)],
    });
  };
}
