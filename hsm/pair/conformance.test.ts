import { describeHsm } from '../testing/conformance.ts';
import { FOLDERS, TestPair } from '../testing/pair.ts';

async function pairOfTokens() {
  const test = new TestPair();
  const hsm = test.pair();
  await hsm.ready();
  return {
    hsm,
    takeAway() {
      for (const folder of FOLDERS) test.takeAway(folder);
    },
    bringBack() {
      for (const folder of FOLDERS) test.bringBack(folder);
    },
    close: () => test.remove(),
  };
}

describeHsm('pair of SoftHSM tokens', pairOfTokens, { tenantKeyBytes: 202, rootVersion: 0 });

describeHsm(
  'pair of SoftHSM tokens whose roots were rotated',
  async () => {
    const test = await pairOfTokens();
    await test.hsm.addRootVersion(2);
    await test.hsm.destroyRootVersion(1);
    return test;
  },
  { tenantKeyBytes: 202, rootVersion: 0, roots: [2] },
);
