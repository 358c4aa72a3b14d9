import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { softHsm } from '../softhsm/softhsm.ts';
import { describeHsm } from '../testing/conformance.ts';
import { connectHsm } from './client.ts';

async function agentWithToken() {
  const dataFolder = mkdtempSync(join(tmpdir(), 'parapet-hsm-'));
  const tokens = join(dataFolder, 'hsm', 'tokens');
  const tuning = { probeMs: 300, reopenMs: 200, lingerMs: 500 };
  const hsm = connectHsm(softHsm({ dataFolder, log: 'ignore', tuning }));
  await hsm.ready();
  return {
    hsm,
    takeAway: () => renameSync(tokens, `${tokens}.away`),
    bringBack: () => renameSync(`${tokens}.away`, tokens),
    async close() {
      await hsm.close();
      rmSync(dataFolder, { recursive: true, force: true });
    },
  };
}

describeHsm('agent with SoftHSM', agentWithToken);

describeHsm(
  'agent with SoftHSM whose root was rotated',
  async () => {
    const test = await agentWithToken();
    await test.hsm.addRootVersion(2);
    await test.hsm.addRootVersion(3);
    await test.hsm.destroyRootVersion(1);
    return test;
  },
  { tenantKeyBytes: 110, rootVersion: 0, roots: [2, 3] },
);
