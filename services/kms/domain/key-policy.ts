/** Key policies: the default one, and reading what a user wrote. */
import { type CompiledPolicy, type Finding, readResourcePolicy } from '../../../policies/engine/index.ts';
import { MAX_POLICY_BYTES } from './limits.ts';

/** The only name a key policy has. */
export const POLICY_NAME = 'default';

/** Hands the key to the identity policies of its account (spec kms 3.6); AWS's document to the letter. */
export function defaultKeyPolicy(partition: string, accountId: string): string {
  return JSON.stringify(
    {
      Version: '2012-10-17',
      Id: 'key-default-1',
      Statement: [
        {
          Sid: 'Enable IAM User Permissions',
          Effect: 'Allow',
          Principal: { AWS: `arn:${partition}:iam::${accountId}:root` },
          Action: 'kms:*',
          Resource: '*',
        },
      ],
    },
    undefined,
    2,
  );
}

export type ReadKeyPolicy =
  | { ok: true; policy: CompiledPolicy }
  | { ok: false; code: 'MalformedPolicyDocument' | 'LimitExceeded'; message: string; findings: readonly Finding[] };

export function readKeyPolicy(text: string, keyArn: string): ReadKeyPolicy {
  if (Buffer.byteLength(text) > MAX_POLICY_BYTES) {
    const message = `key policy is longer than ${MAX_POLICY_BYTES} bytes`;
    return { ok: false, code: 'LimitExceeded', message, findings: [] };
  }
  const read = readResourcePolicy(text, { arn: keyArn, name: POLICY_NAME });
  return read.ok ? read : { ...read, code: 'MalformedPolicyDocument' };
}
