/** The page about exports. What a collector and an archive really get is in `test/e2e/export.test.ts`. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { startRsyslog } from '../../services/audit/testing/rsyslog.ts';
import { environment } from '../harness/clients.ts';
import { runPage } from '../harness/page.ts';
import { createAccount } from '../harness/people.ts';

const server = inject('server');

it('works as it is written down', { timeout: 1_200_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parapet-page-'));
  // An account of its own: other exports of the account would write to the same archive.
  const owner = await createAccount(server);
  const ARCHIVE = join(server.dataFolder, 'archive/AWSLogs', owner.accountId);
  mkdirSync(ARCHIVE, { recursive: true });
  const { ca, client, stop } = await startRsyslog();
  try {
    writeFileSync(join(folder, 'ca.pem'), ca);
    writeFileSync(join(folder, 'sender.pem'), client.certificatePem);
    writeFileSync(join(folder, 'sender.key'), client.privateKeyPem);
    // There is no logs.example.com: nothing is sent, and nothing is missing.
    writeFileSync(join(folder, 'parapet.log'), '');
    const { code, stderr, printed } = await runPage(server, 'docs/how-to/send-the-record-elsewhere.md', folder, {
      ...environment(server, owner.credentials),
      ARCHIVE,
    });
    expect({ code, stderr: stderr.replaceAll(/^reconciling export .*\n/gm, '') }).toEqual({ code: 0, stderr: '' });
    expect(printed).toHaveLength(4);
    expect(printed[2]?.match(/^ok: /gm)).toHaveLength(2);
  } finally {
    await stop();
    rmSync(folder, { recursive: true });
  }
});
