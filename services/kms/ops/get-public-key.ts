import { implementFor } from '../../../platform/runtime/call.ts';
import { GetPublicKey } from '../api/signatures.ts';
import type { KmsDeps } from '../deps.ts';
import { algorithmsOf } from '../domain/key-algorithms.ts';
import { resolveKey } from './key-access.ts';
import { requireState } from './key-use.ts';

const implement = implementFor<KmsDeps>();

export const getPublicKey = implement(GetPublicKey, {
  resolve: (call, input, deps) => resolveKey(call, deps, input.KeyId),
  async run(call, _input, record, deps) {
    requireState(call, 'GetPublicKey', record);
    const { spec, usage } = record.row;
    if (spec === 'SYMMETRIC_DEFAULT' || usage === 'GENERATE_VERIFY_MAC') {
      throw call.fail('UnsupportedOperation', `${record.arn} key spec is ${spec} which is not valid for GetPublicKey.`);
    }
    const { EncryptionAlgorithms, SigningAlgorithms } = algorithmsOf(record.row);
    return {
      KeyId: record.arn,
      PublicKey: await deps.hsm.publicKeyOf(record.current.ref, usage === 'SIGN_VERIFY' ? 'sign' : 'decrypt'),
      CustomerMasterKeySpec: spec,
      KeySpec: spec,
      KeyUsage: usage,
      ...(EncryptionAlgorithms && { EncryptionAlgorithms }),
      ...(SigningAlgorithms && { SigningAlgorithms }),
    };
  },
});
