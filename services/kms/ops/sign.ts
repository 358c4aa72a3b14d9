import type { SigningRequest } from '../../../hsm/port.ts';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import { type Call, implementFor } from '../../../platform/runtime/call.ts';
import { Sign, Verify } from '../api/signatures.ts';
import type { KmsDeps } from '../deps.ts';
import { type Message, messageProblem } from '../domain/key-algorithms.ts';
import type { Condition } from '../store/key-record.ts';
import { resolveKey } from './key-access.ts';
import { endDryRun, requireUsable } from './key-use.ts';

const implement = implementFor<KmsDeps>();

function signingConditions(input: Message): Condition[] {
  return [
    ['kms:SigningAlgorithm', input.SigningAlgorithm],
    ['kms:MessageType', input.MessageType ?? 'RAW'],
  ];
}

/** What the HSM is asked, for an algorithm that fits the key. */
function signingRequest(call: Call<AnyOperation>, input: Message): SigningRequest {
  const problem = messageProblem(input);
  if (problem !== undefined) throw call.fail('Validation', problem);
  return {
    algorithm: input.SigningAlgorithm as SigningRequest['algorithm'],
    message: input.Message,
    isDigest: input.MessageType === 'DIGEST',
  };
}

export const sign = implement(Sign, {
  resolve: (call, input, deps) => resolveKey(call, deps, input.KeyId, { conditions: signingConditions(input) }),
  async run(call, input, record, deps) {
    requireUsable(call, 'Sign', record, input);
    const request = signingRequest(call, input);
    endDryRun(call, input.DryRun);
    const Signature = await deps.hsm.signWith(record.current.ref, request);
    return { KeyId: record.arn, Signature, SigningAlgorithm: input.SigningAlgorithm };
  },
});

export const verify = implement(Verify, {
  resolve: (call, input, deps) => resolveKey(call, deps, input.KeyId, { conditions: signingConditions(input) }),
  async run(call, input, record, deps) {
    requireUsable(call, 'Verify', record, input);
    const request = signingRequest(call, input);
    endDryRun(call, input.DryRun);
    const { Signature: signature } = input;
    if (!(await deps.hsm.verifyWith(record.current.ref, { ...request, signature }))) {
      throw call.fail('InvalidSignature', '', { hint: 'the signature, the message or the key is another one' });
    }
    return { KeyId: record.arn, SignatureValid: true, SigningAlgorithm: input.SigningAlgorithm };
  },
});
