import type { MacHash } from '../../../hsm/port.ts';
import { implementFor } from '../../../platform/runtime/call.ts';
import { GenerateMac, VerifyMac } from '../api/macs.ts';
import type { MacAlgorithm } from '../api/shapes.ts';
import type { KmsDeps } from '../deps.ts';
import type { Condition } from '../store/key-record.ts';
import { resolveKey } from './key-access.ts';
import { endDryRun, requireUsable } from './key-use.ts';

const implement = implementFor<KmsDeps>();

const HASHES: Readonly<Record<MacAlgorithm, MacHash>> = {
  HMAC_SHA_224: 'sha224',
  HMAC_SHA_256: 'sha256',
  HMAC_SHA_384: 'sha384',
  HMAC_SHA_512: 'sha512',
};

const macConditions = (algorithm: MacAlgorithm): Condition[] => [['kms:MacAlgorithm', algorithm]];

export const generateMac = implement(GenerateMac, {
  resolve: (call, input, deps) =>
    resolveKey(call, deps, input.KeyId, { conditions: macConditions(input.MacAlgorithm) }),
  async run(call, input, record, deps) {
    requireUsable(call, 'GenerateMac', record, input);
    endDryRun(call, input.DryRun);
    const Mac = await deps.hsm.hmac(record.current.ref, HASHES[input.MacAlgorithm], input.Message);
    return { Mac, MacAlgorithm: input.MacAlgorithm, KeyId: record.arn };
  },
});

export const verifyMac = implement(VerifyMac, {
  resolve: (call, input, deps) =>
    resolveKey(call, deps, input.KeyId, { conditions: macConditions(input.MacAlgorithm) }),
  async run(call, input, record, deps) {
    requireUsable(call, 'VerifyMac', record, input);
    endDryRun(call, input.DryRun);
    const hash = HASHES[input.MacAlgorithm];
    if (!(await deps.hsm.verifyHmac(record.current.ref, hash, input.Message, input.Mac))) {
      throw call.fail('InvalidMac', '', { hint: 'the MAC, the message or the key is another one' });
    }
    return { KeyId: record.arn, MacValid: true, MacAlgorithm: input.MacAlgorithm };
  },
});
