/**
 * What a certificate says about itself, as if somebody asked for it again: the template decides what it takes of it, as it
 * did the first time.
 */
import type { CertificationRequest } from '../csr.ts';
import { type ApiContent, isCustom } from '../issuing.ts';
import type { Template } from '../template.ts';
import { DAY_MS } from '../validity.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { PublicKeyFacts } from '../x509/public-key.ts';

export interface Again {
  csr: CertificationRequest;
  api: ApiContent;
  days: number;
}

/** `publicKey`: what the new certificate is for. */
export function askedAgain(
  { subject, facts, extensions, notBefore, notAfter }: Certificate,
  template: Template,
  { publicKey, key }: { publicKey: Buffer; key: PublicKeyFacts },
): Again {
  const custom = extensions.filter(({ oid }) => isCustom(oid, template));
  // Of what came through the API, a critical extension is known only there.
  const csr = { subject, publicKey, key, facts, extensions: template.passesApi ? [] : custom };
  const api: ApiContent = template.passesApi
    ? {
        subject,
        ...(facts.subjectAltNames && { names: facts.subjectAltNames }),
        ...(facts.keyUsage && { keyUsage: facts.keyUsage }),
        ...(facts.extKeyUsage && { extKeyUsage: facts.extKeyUsage }),
        ...(facts.policies && { policies: facts.policies }),
        extensions: custom,
      }
    : {};
  return { csr, api, days: Math.max(1, Math.round((notAfter - notBefore) / DAY_MS)) };
}
