/** What is asked of both installations. One that is to be measured too is one more entry. */
import type { InputOf } from '../../platform/contract/operation.ts';
import type { ListCertificates } from '../../services/pca/api/search/list-certificates.ts';
import type { Installation } from './installation.ts';
import { domainOf, hostOf, keyHashOf, serialOf } from './samples.ts';

interface Probe {
  name: string;
  ask(on: Installation, n: number, csr: Buffer): Promise<unknown>;
}

/** Spread over all certificates; others for every probe, because a row that was seen before needs no HSM. */
const chosen = ({ loaded }: Installation, n: number, probe: number) =>
  Math.floor((((n + 1) * 0.618_033_988_75 + probe / 7) % 1) * loaded);

async function find(on: Installation, question: InputOf<typeof ListCertificates>, expected: number): Promise<void> {
  const { Certificates } = await on.admin.ListCertificates({ MaxResults: 20, ...question });
  if (Certificates.length < expected) throw new Error(`found ${Certificates.length} of ${JSON.stringify(question)}`);
}

/** One that an earlier run revoked is passed over: the installations are kept. */
async function revoke(on: Installation, first: number): Promise<void> {
  for (let step = 0; step < on.loaded; step += 1) {
    const order = { CertificateAuthorityArn: on.authority, RevocationReason: 'SUPERSEDED' as const };
    const CertificateSerial = serialOf((first + step) % on.loaded);
    try {
      await on.admin.RevokeCertificate({ ...order, CertificateSerial });
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== 'RequestAlreadyProcessed') throw error;
    }
  }
  throw new Error('every certificate is revoked: delete the folder of the benchmark');
}

export const PROBES: readonly Probe[] = [
  {
    name: 'issue',
    ask: (on, _n, Csr) =>
      on.admin.IssueCertificate({
        CertificateAuthorityArn: on.authority,
        Csr,
        SigningAlgorithm: 'SHA256WITHECDSA',
        Validity: { Type: 'DAYS', Value: 90 },
      }),
  },
  {
    name: 'look up by number',
    ask: (on, n) =>
      on.admin.GetCertificate({
        CertificateAuthorityArn: on.authority,
        CertificateArn: `${on.authority}/certificate/${serialOf(chosen(on, n, 1))}`,
      }),
  },
  { name: 'revoke', ask: (on, n) => revoke(on, chosen(on, n, 6)) },
  { name: 'search by name', ask: (on, n) => find(on, { Name: hostOf(chosen(on, n, 2)) }, 1) },
  { name: 'search by host', ask: (on, n) => find(on, { Name: hostOf(chosen(on, n, 3)), NameMatch: 'HOST' }, 1) },
  {
    // The smallest number of certificates that any domain has in either.
    name: 'search by domain, one',
    ask: (on, n) => find(on, { Name: domainOf(chosen(on, n, 4)), NameMatch: 'SUFFIX', MaxResults: 1 }, 1),
  },
  { name: 'search by key', ask: (on, n) => find(on, { KeyHash: keyHashOf(chosen(on, n, 5), on.sample.spki) }, 1) },
  {
    name: 'list of what expires, 20',
    ask: (on, n) => {
      // Every day has at least 25, and is asked about once.
      const from = on.sample.row.not_after + ((n + 1) % 400) * 86_400_000;
      return find(on, { ExpiresAfter: from, ExpiresBefore: from + 86_400_000 }, 20);
    },
  },
];
