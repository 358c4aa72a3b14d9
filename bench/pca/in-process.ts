/** The issuing pipeline in one process over SQLite and SoftHSM, without TLS, signatures of requests and the front door. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectHsm } from '../../hsm/agent/client.ts';
import { softHsm } from '../../hsm/softhsm/softhsm.ts';
import { type PcaClient, PcaHarness } from '../../services/pca/testing/harness.ts';
import { makeRoot, makeSubordinate } from '../../services/pca/testing/hierarchy.ts';

export interface InProcess {
  issue(csr: Buffer): Promise<unknown>;
  close(): Promise<void>;
}

export async function openInProcess(): Promise<InProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-pca-hsm-'));
  const hsm = connectHsm(softHsm({ dataFolder: folder, log: 'ignore' }));
  await hsm.ready();
  const pca = await PcaHarness.open({ hsm });
  const admin: PcaClient = pca.user('admin');
  const authority = await makeSubordinate(admin, await makeRoot(admin));
  return {
    issue: (Csr) =>
      admin.IssueCertificate({
        CertificateAuthorityArn: authority,
        Csr,
        SigningAlgorithm: 'SHA256WITHECDSA',
        Validity: { Type: 'DAYS', Value: 90 },
      }),
    async close() {
      await pca.close();
      await hsm.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
