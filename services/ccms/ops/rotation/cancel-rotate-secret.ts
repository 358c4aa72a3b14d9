import { implementFor } from '../../../../platform/runtime/call.ts';
import { CancelRotateSecret } from '../../api/rotation.ts';
import type { CcmsDeps } from '../../deps.ts';
import { namedOutput, requireLive, resolveSecret } from '../secret-access.ts';
import { changeSecret } from '../secret-change.ts';
import { suspended } from './rotation-change.ts';

const implement = implementFor<CcmsDeps>();

export const cancelRotateSecret = implement(CancelRotateSecret, {
  resolve: (call, input, deps) => resolveSecret(call, deps, input.SecretId),
  async run(call, _input, secret, deps) {
    requireLive(call, secret);
    if (!(await deps.rotations.of(secret.row.secret_id)))
      throw call.fail('InvalidRequest', "You can't cancel rotation of a secret that does not rotate.", {
        hint: 'there is nothing to cancel',
      });
    const { writes, run } = await suspended(deps, secret, call.now);
    const output = { ...namedOutput(secret), ...(run && { VersionId: run.token }) };
    return changeSecret(call, deps, secret, { edit: {}, also: writes, output });
  },
});
