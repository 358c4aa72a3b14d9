/** Lists that are due: by their schedule, or because a certificate was revoked. */
import type { Job } from '../../../../platform/runtime/service.ts';
import type { PcaDeps } from '../../deps.ts';
import { ListMaker } from './list-maker.ts';

/** Other timed work has its turn, too. */
const TURN_MS = 8_000;

export const makeLists: Job<PcaDeps> = {
  name: 'pca-make-lists',
  everyMs: 1_000,
  async run(deps) {
    await new ListMaker(deps).makeDue(deps.clock.now() + TURN_MS);
  },
};
