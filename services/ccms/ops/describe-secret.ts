import { implementFor } from '../../../platform/runtime/call.ts';
import { DescribeSecret } from '../api/secrets.ts';
import type { CcmsDeps } from '../deps.ts';
import { readAccess } from '../store/queries.ts';
import { described, stagesShown } from './description.ts';
import { rotationShown } from './rotation/shown.ts';
import { resolveSecret } from './secret-access.ts';

const implement = implementFor<CcmsDeps>();

export const describeSecret = implement(DescribeSecret, {
  resolve: (call, input, deps) => resolveSecret(call, deps, input.SecretId),
  async run(call, _input, secret, deps) {
    const { secret_id } = secret.row;
    const days = deps.access.latest(secret_id, await readAccess(deps.store.read, [secret_id]));
    const stages = stagesShown(secret.stages);
    const rotation = rotationShown(await deps.rotations.of(secret_id), call.now);
    return { ...described(secret.row, days), ...rotation, ...(stages && { VersionIdsToStages: stages }) };
  },
});
