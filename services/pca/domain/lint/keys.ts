/** Lints 12 to 15: the key of the subject, and the algorithm that the authority signs with. */
import { ALGORITHM, algorithmOf, suitsCurve } from '../x509/algorithm.ts';
import { keyProblem, readPublicKey } from '../x509/public-key.ts';
import type { KeyCheck, Lint } from './lint.ts';

/** What cannot be read as a key of our kinds is an error of the lint. */
function withKey(id: number, name: string, check: KeyCheck): Lint {
  return {
    id,
    name,
    appliesTo: 'all',
    check(certificate, context, say) {
      let key: Parameters<KeyCheck>[0];
      try {
        key = readPublicKey(certificate.publicKey);
      } catch (error) {
        return say.error((error as Error).message);
      }
      check(key, certificate, context, say);
    },
  };
}

export const keyLints: readonly Lint[] = [
  withKey(12, 'rsa-key', (key, { publicKey }, { template }, say) => {
    if (key.family !== 'RSA') return;
    const problem = keyProblem(key, publicKey);
    if (problem) say.error(problem);
    if (template.leastRsaBits && key.bits < template.leastRsaBits)
      say.error(`an RSA key for ${template.name} has at least ${template.leastRsaBits} bits`);
  }),
  withKey(13, 'elliptic-curve-key', (key, { publicKey }, { template }, say) => {
    if (key.family !== 'EC') return;
    const problem = keyProblem(key, publicKey);
    if (problem) say.error(problem);
    if (template.names === 'workload' && key.bits !== 256) say.error('the key of a workload is on P-256');
  }),
  {
    id: 14,
    name: 'key-known',
    appliesTo: 'all',
    check(_certificate, { known }, say) {
      if (known.isBlocked) say.error('the public key is blocked');
      if (known.isAuthorityKey) say.error('the public key is that of a certificate authority');
      if (known.isReused) say.warn('the public key was certified for another subject');
    },
  },
  {
    id: 15,
    name: 'signature-hash',
    appliesTo: 'all',
    check({ innerAlgorithm }, { issuer }, say) {
      const algorithm = algorithmOf(innerAlgorithm);
      if (!algorithm) return say.error('the signature hash is weaker than SHA-256, or unknown');
      const { family, hash } = ALGORITHM[algorithm];
      const key = readPublicKey(issuer.publicKey);
      if (family !== key.family) say.error(`the authority cannot sign with ${algorithm}: its key is ${key.family}`);
      if (key.family === 'EC' && !suitsCurve(hash, key.bits))
        say.error(`SHA-${hash.slice(3)} is weaker than the curve P-${key.bits} of the authority`);
    },
  },
];
