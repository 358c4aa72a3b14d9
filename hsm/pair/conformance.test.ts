import { describeHsm } from '../testing/conformance.ts';
import { FOLDERS, TestPair } from '../testing/pair.ts';

describeHsm(
  'pair of SoftHSM tokens',
  async () => {
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
  },
  { tenantKeyBytes: 202, rootVersion: 0 },
);
