import { implementFor } from '../../../platform/runtime/call.ts';
import { DescribeKey } from '../api/keys.ts';
import type { KmsDeps } from '../deps.ts';
import { describe } from '../store/key-record.ts';
import { resolveKey } from './key-access.ts';

const implement = implementFor<KmsDeps>();

export const describeKey = implement(DescribeKey, {
  resolve: (call, input, deps) => resolveKey(call, deps, input.KeyId),
  run: (_call, _input, record) => ({ KeyMetadata: describe(record.row) }),
});
