import fc from 'fast-check';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { buildPolicySet, compilePolicy } from '../../policies/engine/index.ts';
import { defineOperation } from '../contract/operation.ts';
import { dictionary, structure, text } from '../contract/shape.ts';
import { canonicalJson } from './canonical-json.ts';
import { type RecordDraft, renderRecord } from './record.ts';

const Sample = defineOperation({
  name: 'Sample',
  service: 'kms',
  doc: 'A write with maps of the caller.',
  input: structure({ Zeta: text(0, 99), Alpha: dictionary(z.string(), text(0, 99)) }),
  output: structure({ Beta: text(0, 99), Able: text(0, 99) }),
  authz: { action: 'kms:Sample', resource: '*' },
  effect: 'write',
  audit: { class: 'management' },
});

const guardrail = compilePolicy(
  { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } },
  { arn: 'arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess', version: '1', kind: 'scp' },
);

it('is canonical whatever names and values the caller chose', () => {
  const key = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(fc.dictionary(key, fc.string()), key, key, fc.string(), (map, a, b, value) => {
      const context = new Map<string, string | readonly string[]>([
        [b, value],
        [a, [value, value]],
      ]);
      const request = {
        principal: { kind: 'user' as const, arn: 'arn', accountId: '1', uniqueId: 'AIDA' },
        action: 'kms:Sample',
        resource: '*',
        resourceAccount: '111122223333',
        context,
      };
      const decision = { effect: 'allow' as const, reason: 'allow' as const, layer: 'identity' as const, matched: [] };
      const level = { id: 'r-ab12', name: value };
      const levels = [{ ...level, set: buildPolicySet([guardrail]) }];
      const statement = { policyArn: 'arn', sid: value, version: '1', index: 0 };
      const observed = [{ layer: 'scp', level, policyId: 'p-1', statement }];
      const draft = {
        eventId: 'e',
        operation: Sample,
        caller: {
          kind: 'user',
          arn: 'arn',
          accountId: '1',
          principalId: 'AIDA',
          session: { issuedAt: 0, expiresAt: 1 },
        },
        origin: { requestId: 'r', sourceIp: '::1', userAgent: value, receivedAt: 0, protocol: 'aws' },
        now: 0,
        input: { Zeta: value, Alpha: map },
        output: { Beta: value, Able: value },
        context,
        checks: [{ request, decision, guardrails: { scp: levels, rcp: levels }, observed }],
        organization: { id: 'o-abcdefghij', revision: 3 },
        resources: [{ ARN: 'arn', accountId: '1', type: 'kms:key' }],
      } as unknown as RecordDraft;
      const record = renderRecord(draft, { node: 'n', boot: 'b', region: 'r' }, 1);
      expect(record).toBe(canonicalJson(JSON.parse(record)));
    }),
  );
});
