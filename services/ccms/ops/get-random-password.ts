import { implementFor } from '../../../platform/runtime/call.ts';
import { GetRandomPassword } from '../api/values.ts';
import type { CcmsDeps } from '../deps.ts';
import { planPassword } from '../domain/password.ts';
import { randomPassword } from './rotation/new-password.ts';

const implement = implementFor<CcmsDeps>();

export const getRandomPassword = implement(GetRandomPassword, {
  resolve: () => ({ targets: [{ resource: '*' }], state: undefined }),
  async run(call, input, _state, deps) {
    const plan = planPassword(input);
    if ('problem' in plan) throw call.fail('InvalidParameter', plan.problem);
    const password = await randomPassword(deps, plan);
    const RandomPassword = password.toString('latin1');
    password.fill(0);
    return { RandomPassword };
  },
});
