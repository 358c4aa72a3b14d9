import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { softHsm } from '../softhsm/softhsm.ts';
import { describeHsm } from '../testing/conformance.ts';
import { connectHsm } from './client.ts';

describeHsm('agent with SoftHSM', async () => {
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
});
