import type { VaultHarness } from '../../../testing/harness.ts';
import { Journal } from '../journal.ts';
import { turn } from '../turn.ts';

/** Turns as the runner makes them, that end for good after the n-th point. Answers the point, or that there was none. */
export async function dieAt({ deps }: VaultHarness, name: string, n: number): Promise<string | undefined> {
  const secretId = (await deps.secrets.byName('111122223333', name))?.row.secret_id as string;
  let passed = 0;
  for (;;) {
    const [run] = await deps.rotations.open(secretId);
    const journal = run && (await Journal.claim(deps, run.run_id, 'doomed'));
    if (!journal) return undefined;
    const { step } = journal.run;
    const points = turn(deps, journal);
    for (let point = await points.next(); !point.done; point = await points.next()) {
      passed += 1;
      if (passed === n) return `${step}: ${point.value}`;
    }
  }
}
