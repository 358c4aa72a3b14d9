import { HSM_LIMITS } from '../../../hsm/port.ts';
import { implementFor } from '../../../platform/runtime/call.ts';
import { GetRandomPassword } from '../api/values.ts';
import type { CcmsDeps } from '../deps.ts';
import { buildPassword, choicesOf, drawFrom, planPassword } from '../domain/password.ts';

const implement = implementFor<CcmsDeps>();

/** A draw takes two bytes, rarely four: twice as many, and some for short passwords, are never used up. */
const BYTES_FOR_A_CHOICE = 4;
const SPARE_BYTES = 256;

export const getRandomPassword = implement(GetRandomPassword, {
  resolve: () => ({ targets: [{ resource: '*' }], state: undefined }),
  async run(call, input, _state, deps) {
    const plan = planPassword(input);
    if ('problem' in plan) throw call.fail('InvalidParameter', plan.problem);
    const bytes = Math.min(HSM_LIMITS.random, choicesOf(plan) * BYTES_FOR_A_CHOICE + SPARE_BYTES);
    const random = await deps.hsm.random(bytes);
    const password = buildPassword(plan, drawFrom(random));
    const RandomPassword = password.toString('latin1');
    random.fill(0);
    password.fill(0);
    return { RandomPassword };
  },
});
