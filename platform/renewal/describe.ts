/** How far the walks of a service are. */
import type { RenewalState } from '../contract/renewal.ts';
import { readProgress } from './progress.ts';
import type { RenewalDeps, RenewalStep } from './renewal.ts';

export function describeRenewal<Deps extends RenewalDeps>(
  deps: Deps,
  steps: readonly RenewalStep<Deps>[],
): Promise<RenewalState[]> {
  return Promise.all(
    steps.map(async (step) => {
      const found = await readProgress(deps.store.read, step.name);
      const { form, state, seen = 0, renewed = 0, refused = 0 } = found ?? {};
      return {
        Step: step.name,
        ...(form !== undefined && { Form: form }),
        State: state ?? ('waiting' as const),
        Total: await step.count(deps),
        Seen: seen,
        Renewed: renewed,
        Refused: refused,
      };
    }),
  );
}
